import { Agent } from 'node:http';
import { Rsa, Wechatpay } from 'wechatpay-axios-plugin';
import { toCamel, toSnake } from './names.js';
import { createBody } from './settings.js';

/** Signs, keeps connections, verifies signature, serial and timestamp: the plugin does all of it. */
export function wechatByAxiosPlugin(settings) {
  const { mchid, serial, platformSerial, baseUrl, appid, serviceId } = settings;
  // Both keys are parsed once, here.
  const platformKey = Rsa.from(settings.platformKey, Rsa.KEY_TYPE_PUBLIC);
  const wxpay = new Wechatpay({
    mchid,
    serial,
    privateKey: Rsa.from(settings.privateKey, Rsa.KEY_TYPE_PRIVATE),
    certs: { [platformSerial]: platformKey },
    baseURL: `${baseUrl}/`,
    httpAgent: new Agent({ keepAlive: true }),
    timeout: 8_000,
  });
  const orders = wxpay.v3.payscore.payafterOrders;
  const serviceOrders = wxpay.v3.payscore.serviceorder;
  const named = { headers: { 'Wechatpay-Serial': platformSerial } };
  const query = (endpoint) => async (outOrderNo) => {
    const params = { service_id: serviceId, out_order_no: outOrderNo, appid };
    const { data } = await endpoint.get({ params, ...named });
    return toCamel(data);
  };
  return {
    query: query(orders),
    queryService: query(serviceOrders),
    create: async (input) => {
      const encrypt = (text) => Rsa.encrypt(text, platformKey);
      const { data } = await orders.post(createBody(settings, input, encrypt, toSnake), named);
      return toCamel(data);
    },
    createService: async (input) => {
      const { data } = await serviceOrders.post(toSnake({ ...input, appid, serviceId }), named);
      return toCamel(data);
    },
  };
}
