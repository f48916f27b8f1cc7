/** The merchant, from the same variables that our server reads. */
export function merchantSettings(env) {
  return {
    mchid: env.WECHAT_MCHID,
    appid: env.WECHAT_APPID,
    serviceId: env.WECHAT_SERVICE_ID,
    serial: env.WECHAT_MERCHANT_SERIAL,
    privateKey: env.WECHAT_MERCHANT_KEY,
    platformSerial: env.WECHAT_PUBLIC_KEY_ID,
    platformKey: env.WECHAT_PUBLIC_KEY,
    baseUrl: env.WECHAT_BASE_URL,
  };
}

/** The fields that WeChat Pay wants encrypted. */
const SENSITIVE = ['name', 'phone', 'userid', 'address'];

/** `OnAccept` and digits are as on the wire already. */
export function createBody({ appid, serviceId }, input, encrypt, toSnake) {
  const body = toSnake({ ...input, appid, serviceId });
  for (const field of SENSITIVE) {
    if (body[field] !== undefined) {
      body[field] = encrypt(body[field]);
    }
  }
  return body;
}
