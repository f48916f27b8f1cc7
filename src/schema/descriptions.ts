/** Sentences that several descriptions of the schema share. */

/** The words for permissions in other descriptions: of queries and mutations. */
export const ACCESS =
  '"Requires x:y" names a scope of the caller\'s credential. A caller without orders:any is an end user and can access only orders that belong to its openid.';

/** The source of a rule that WeChat Pay documents only elsewhere: of queries and every input type. */
export const BY_ANALOGY =
  'Rules after "By analogy" come from similar WeChat Pay products; this server checks them, as far as the input shows it, unless it is configured with `INPUT_RULES=confirmed`.';

export const PLAIN_TEXTS = 'Texts must not contain emoji or other characters of four UTF-8 bytes.';

const CONFIGURED = 'If omitted, the one configured on this server.';

/** The three inputs that identify the order. */
export const ORDER_NUMBER =
  "商户服务订单号: the merchant's own order number. By analogy: 1 to 32 characters: digits, letters, `_`, `-`, `|`, `*`.";
export const APPID = `应用ID: the appid that the order was created with. ${CONFIGURED}`;
export const SERVICE_ID = `服务ID: the service that the order was created with. ${CONFIGURED}`;

/** For inputs that do not refer to an order. */
export const ANY_APPID = `应用ID: the appid of the merchant's app or mini program. ${CONFIGURED}`;
export const ANY_SERVICE_ID = `服务ID: the service, as assigned by WeChat Pay. ${CONFIGURED}`;

/** The ids in every output. */
export const ORDER_IDS = {
  appid: "应用ID: the appid of the merchant's app or mini program.",
  mchid: '商户号: the merchant number at WeChat Pay.',
  outOrderNo: "商户服务订单号: the merchant's own order number.",
  serviceId: '服务ID: the id of the service at WeChat Pay.',
} as const;

/** The order number in every error. */
export const INPUT_ORDER_NUMBER = 'The outOrderNo of the input (商户服务订单号).';

export const STATE_RAW = 'The state exactly as WeChat Pay names it (订单状态).';

/** The description of `replayed` in every payload. */
export const REPLAYED =
  'True if this server knows that an earlier call with the same input took effect, even if you never received its response (重复请求). Side effects, such as messages to the user, must run once per order: record them in your own system.';

/** Of every mutation: the idempotency key is the outOrderNo and the operation. */
export const SAME_INPUT =
  'Two inputs are the same if all values are equal. An omitted field equals null and, for appid and serviceId, the configured value; it does not equal an explicit default or an empty list. The same time with another offset is equal. A different finishTicket is not different input.';

/** After an error that leaves no order behind. */
export const NUMBER_FREE =
  'Such a call does not count as a use of the outOrderNo: correct the input and call again with the same outOrderNo.';

export const REPEATED_CHANGE =
  'Idempotent: a repeat with the same input succeeds without a new effect; different input is an OrderConflictError.';

/** The current order in every payload. */
export const CURRENT_ORDER =
  'The current order. Selecting it costs one more call to WeChat Pay. If that call fails, only this field is null, with an error in `errors`: the mutation has still taken effect.';

/** Signing needs the APIv2 key. */
export const LAUNCH_ERROR =
  'Null only with an error in `errors`, for example LAUNCH_NOT_CONFIGURED.';
