import { X509Certificate } from 'node:crypto';
import WxPay from 'wechatpay-node-v3';
import { report, url } from './support.js';

const HOST = 'https://api.mch.weixin.qq.com';
const sandbox = new URL(url).origin;
const merchant = await (await fetch(`${sandbox}/sandbox/credentials`)).json();
const certificate = await (await fetch(`${sandbox}/sandbox/platform-certificate`)).text();
const query = `/v3/payscore/payafter-orders?${new URLSearchParams({
  service_id: merchant.WECHAT_SERVICE_ID,
  out_order_no: 'NODE-V3',
  appid: merchant.WECHAT_APPID,
})}`;
const order = {
  appid: merchant.WECHAT_APPID,
  service_id: merchant.WECHAT_SERVICE_ID,
  out_order_no: 'NODE-V3',
  service_start_time: 'OnAccept',
  service_start_location: '深圳湾体育中心',
  service_introduction: '充电宝租借',
  risk_amount: 9900,
};

const pay = new WxPay({
  appid: merchant.WECHAT_APPID,
  mchid: merchant.WECHAT_MCHID,
  // It reads the serial number from the certificate.
  publicKey: Buffer.from(merchant['apiclient_cert.pem']),
  privateKey: Buffer.from(merchant.WECHAT_MERCHANT_KEY),
  key: merchant.WECHAT_APIV3_KEY,
});
// Its host cannot be configured; what sends its requests can.
pay.createHttp({
  get: async (address, headers) => {
    const response = await fetch(address.replace(HOST, sandbox), { headers });
    return { status: response.status, data: await response.json() };
  },
});

/** Sends a request that the client has signed; whether the client accepts the answer. */
async function verified(method, target, body) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = `n${timestamp}${method}`;
  const signature = pay.getSignature(method, nonce, timestamp, target, body);
  const response = await fetch(`${sandbox}${target}`, {
    method,
    body: body && JSON.stringify(body),
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'wechatpay-node-v3',
      authorization: pay.getAuthorization(nonce, timestamp, signature),
    },
  });
  const { headers } = response;
  const text = await response.text();
  const isVerified = await pay.verifySign({
    timestamp: headers.get('wechatpay-timestamp'),
    nonce: headers.get('wechatpay-nonce'),
    body: text,
    serial: headers.get('wechatpay-serial'),
    signature: headers.get('wechatpay-signature'),
    apiSecret: merchant.WECHAT_APIV3_KEY,
  });
  const serial = headers.get('wechatpay-serial');
  const byCertificate = serial === new X509Certificate(certificate).serialNumber;
  return { status: response.status, isVerified, byCertificate };
}

await report({
  create: () => verified('POST', '/v3/payscore/payafter-orders', order),
  query: () => verified('GET', query),
});
