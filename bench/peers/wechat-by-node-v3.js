import { Agent } from 'node:http';
import superagent from 'superagent';
import WxPay from 'wechatpay-node-v3';
import { toCamel, toSnake } from './names.js';
import { createBody } from './settings.js';

const WINDOW_SECONDS = 300;
const ORDERS = '/v3/payscore/payafter-orders';
const SERVICE_ORDERS = '/v3/payscore/serviceorder';

/**
 * The SDK has no functions for these orders, and its own HTTP service neither hands out headers nor
 * verifies: its signature, its encryption and its verifySign are used around superagent. It takes
 * keys as PEM, and parses them at each call.
 */
export function wechatByNodeV3(settings) {
  const { mchid, serial, platformSerial, platformKey, baseUrl, appid, serviceId } = settings;
  const pay = new WxPay({
    appid,
    mchid,
    serial_no: serial,
    publicKey: Buffer.from(platformKey),
    privateKey: Buffer.from(settings.privateKey),
  });
  // What fetchCertificates would fill.
  WxPay.certificates = { [platformSerial]: platformKey };
  const agent = new Agent({ keepAlive: true });

  const call = async (method, target, body) => {
    const nonce = Math.random().toString(36).slice(2, 17);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = pay.getSignature(method, nonce, timestamp, target, body);
    const request = superagent(method, baseUrl + target)
      .agent(agent)
      .timeout(8_000)
      .set({
        Accept: 'application/json',
        Authorization: pay.getAuthorization(nonce, timestamp, signature),
        'User-Agent': 'wechatpay-node-v3',
        'Wechatpay-Serial': platformSerial,
      });
    if (body !== undefined) {
      request.set('Content-Type', 'application/json').send(body);
    }
    const { headers, text } = await request;
    await verify(headers, text);
    return toCamel(JSON.parse(text));
  };

  const verify = async (headers, text) => {
    const timestamp = headers['wechatpay-timestamp'];
    const isGenuine = await pay.verifySign({
      timestamp,
      nonce: headers['wechatpay-nonce'],
      body: text,
      serial: headers['wechatpay-serial'],
      signature: headers['wechatpay-signature'],
    });
    if (!isGenuine || Math.abs(Date.now() / 1000 - Number(timestamp)) > WINDOW_SECONDS) {
      throw new Error('The answer is not WeChat Pay’s.');
    }
  };

  const query = (path) => (outOrderNo) => {
    const given = new URLSearchParams({ service_id: serviceId, out_order_no: outOrderNo, appid });
    return call('GET', `${path}?${given}`);
  };
  return {
    query: query(ORDERS),
    queryService: query(SERVICE_ORDERS),
    create: (input) => {
      const encrypt = (text) => pay.publicEncrypt(text, platformKey);
      const body = JSON.stringify(createBody(settings, input, encrypt, toSnake));
      return call('POST', ORDERS, body);
    },
    createService: (input) =>
      call('POST', SERVICE_ORDERS, JSON.stringify(toSnake({ ...input, appid, serviceId }))),
  };
}
