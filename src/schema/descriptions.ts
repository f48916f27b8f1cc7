/** The description of `replayed` in every payload. */
export const REPLAYED =
  'True if the same call had succeeded before, so this one had no new effect (重复请求). Do not repeat side effects, such as messages to the user.';

/** The three fields that identify the order. */
export const ORDER_NUMBER =
  "商户服务订单号: the merchant's own order number. By analogy: at most 32 digits, letters and _ - | *.";
export const APPID = '应用ID that the order was created with; if omitted, the configured one.';
export const SERVICE_ID = '服务ID that the order was created with; if omitted, the configured one.';
