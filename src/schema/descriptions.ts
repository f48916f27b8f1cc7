/** The description of `replayed` in every payload. */
export const REPLAYED =
  'True: this call had no new effect, because the same call had succeeded before (重复请求). Do not repeat side effects such as messages to the user.';

/** The three fields by which each of them names its order. */
export const ORDER_NUMBER =
  "商户服务订单号: the merchant's own number of the order. By analogy: up to 32 digits, letters and _ - | *.";
export const APPID = '应用ID that the order was made with; left out, the configured one.';
export const SERVICE_ID = '服务ID that the order was made with; left out, the configured one.';
