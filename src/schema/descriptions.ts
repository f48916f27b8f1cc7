/** Sentences that several descriptions of the schema share. */

/** The terms for permissions in other descriptions: of queries, mutations and subscriptions. */
export const ACCESS =
  '"Requires x:y" names a scope of the caller\'s credential, which the operator of this server provides and you send as `authorization: Bearer <API key or JWT>`; in local development without authentication, every caller has all scopes. A caller with orders:any acts for all users. A caller without it is an end user, identified by the openid in its credential (用户标识: the id of a user under one appid), and can access only its own orders: those that belong to the user with that openid, as the input `openid` of createPayAfterOrder and createServiceOrder describes.';

/** The source of a rule that WeChat Pay documents only elsewhere: of queries and every input type. */
export const BY_ANALOGY =
  'Rules after "By analogy" are documented only for similar WeChat Pay products. Follow them: unless its operator has set `INPUT_RULES=confirmed`, this server rejects input that breaks one, as far as it can check that without the order at WeChat Pay.';

export const PLAIN_TEXTS =
  'Texts must not contain characters above U+FFFF, such as emoji (four bytes in UTF-8).';

const CONFIGURED = 'If omitted, the one configured on this server; required if there is none.';

/** The characters of the merchant's own numbers. */
const NUMBER_FORM = '32 characters: digits, letters, `_`, `-`, `|`, `*`';

/** The three inputs that identify the order. */
export const ORDER_NUMBER = `商户服务订单号: the merchant's own order number, as passed to createPayAfterOrder. By analogy: 1 to ${NUMBER_FORM}.`;
export const APPID = `应用ID: the appid that the order was created with. ${CONFIGURED}`;
export const SERVICE_ID = `服务ID: the service that the order was created with. ${CONFIGURED}`;

/** The number that a new order gets. */
export const NEW_ORDER_NUMBER = `商户服务订单号: the merchant's own order number, unique per merchant: generate and store it before the first call. It is the idempotency key: a repeat with the same number and input never creates a second order. After INVALID_INPUT or WECHAT_REFUSED it can be used again, also with other input. By analogy: 1 to ${NUMBER_FORM}.`;

/** Whose a new order is. */
export const ORDER_OWNER =
  "The order belongs to the user of the caller's credential; if that names no user, to this one. A credential that names a user allows only the openid of that user; another one is an InvalidInputError.";

/** What follows if the user leaves the page, or its data do not open it. */
export const LAUNCH_AGAIN =
  'query the order; if it is still CREATED, cancel it or let it expire, and create another one with a new outOrderNo.';

/** For inputs that do not refer to an order. */
export const ANY_APPID = `应用ID: the id, assigned by WeChat, of the merchant's app or mini program (an app that runs inside WeChat). ${CONFIGURED}`;
export const ANY_SERVICE_ID = `服务ID: the id, assigned by WeChat Pay, of the merchant's service. ${CONFIGURED}`;

/** The ids in every output. */
export const ORDER_IDS = {
  appid: "应用ID: the id, assigned by WeChat, of the merchant's app or mini program.",
  mchid: '商户号: the number of the merchant, assigned by WeChat Pay.',
  outOrderNo:
    "商户服务订单号: the merchant's own order number, as given when the order was created.",
  serviceId: "服务ID: the id, assigned by WeChat Pay, of the merchant's service.",
} as const;

/** Of every type of an order at WeChat Pay: the types in it have no such sentence of their own. */
export const NULL_FIELDS =
  'A nullable field of it and of the types in it, except `launch` and `record`, is null also if WeChat Pay sent no value, or one of an unexpected form.';

/** Of every amount of one payment. */
export const WITH_COUPONS = 'WeChat Pay does not document whether coupons are subtracted from it.';

export const RISK_AMOUNT =
  '订单风险金额, in fen: the maximum that a pay-after order can cost the user; of a service order, the amount of its risk fund.';
export const PAID_AMOUNT =
  '已支付金额: the amount that was paid, in fen; 0 if there was nothing to pay. Null before the order is paid.';

/** The id that a page of WeChat Pay returns. */
export const RETURNED_BY_PAGE =
  'passes to your front end if the user leaves it by its return button; that does not mean that the user confirmed.';
export const QUERY_ID_PLACES =
  '`query_id`: in `referrerInfo.extraData` of App.onShow (mini program), in the JSON of `extMsg` (app), in `extraData` of the result (web page inside WeChat).';

/** Of orders and records. */
export const LIVEMODE =
  'False: the order is in the sandbox (沙箱), and no money moves. True: it is an order of a real merchant.';

export const ORDER_ID =
  "微信支付服务订单号: WeChat Pay's own number of the order. No operation of this API accepts it.";

/** The order number in every error. */
export const INPUT_ORDER_NUMBER = 'The outOrderNo of the input (商户服务订单号).';

export const STATE_RAW = 'The state exactly as WeChat Pay names it (订单状态).';

/** The description of `replayed` in every payload. */
export const REPLAYED =
  'True if this server knows that an earlier call with the same input took effect, even if you never received its response (重复请求). False does not prove that this is the first call. Side effects, such as messages to the user, must run once per order: record them in your own system.';

/** Of every mutation: the idempotency key is the outOrderNo and the operation. */
export const SAME_INPUT =
  'Two inputs are the same if all values are equal. An omitted field equals null, its default in this schema (`= true`) or, for appid and serviceId, the configured value; it does not equal an empty list, or a default that only its description names. The same time with another offset is equal. A different finishTicket is not different input.';

/** The operations that an order may have several times. */
export const CONFLICT =
  'For modifyServiceOrder and collectServiceOrder, different input is a conflict only while the outcome of an earlier call is unknown.';

/** An outcome that is not known: of every error and code that says so. */
export const NEVER_TWICE =
  'the operation never takes effect twice. Only collectServiceOrder makes one more attempt to collect; the order is still paid only once.';

/** What follows if nothing is collected. */
export const NOTHING_COLLECTED =
  'WeChat Pay does not document the state after that: query the order, and do not wait for';

/** After an error that leaves no order behind. */
export const NUMBER_FREE =
  'The call does not count as a use of the outOrderNo: use the same one again.';

export const REPEATED_CHANGE =
  'Idempotent: a repeat with the same input succeeds without a new effect; different input is an OrderConflictError.';

/** The current order in every payload. */
export const CURRENT_ORDER =
  'The current order. Requires orders:read. Selecting it is one more read from WeChat Pay. Without that scope, or if the read fails, only this field is null, with an error in `errors`: the mutation has still taken effect.';

/** Signing needs the APIv2 key. */
export const LAUNCH_ERROR =
  'Null only with an error in `errors`, for example LAUNCH_NOT_CONFIGURED: the operator of this server must configure the key that signs it.';

/** The merchant's number of an authorization request. */
export const REQUEST_NUMBER = `商户请求授权的唯一流水号: the merchant's own number of this authorization request; generate a new one for each. It must not contain &, = or control characters, because the value is signed. By analogy: 1 to ${NUMBER_FORM.replace('32', '64')}.`;

/** Every `extensions.code`, with what a client does about it. */
export const ERROR_CODES = `
- UNAUTHENTICATED: send a valid credential.
- AUTHENTICATION_UNAVAILABLE: the credential cannot be checked now; retry later.
- FORBIDDEN: the credential does not allow it; the message names the missing scope.
- RATE_LIMITED (too many calls of this caller), OVERLOADED (too many of all callers, or of this one): nothing was executed; retry after \`extensions.retryAfterSeconds\`.
- TOO_MANY_STREAMS (too many open subscriptions): close one, or retry after \`extensions.retryAfterSeconds\`.
- SHUTTING_DOWN: nothing was executed; retry on another instance.
- GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, REQUEST_ENTITY_TOO_LARGE, REQUEST_HEADERS_TOO_LARGE: fix or shorten the document.
- REQUEST_TIMEOUT: the request did not arrive in time, and was not executed; send it again.
- TRUSTED_DOCUMENTS_ONLY, DOCUMENT_ID_REQUIRED, DOCUMENT_NOT_FOUND: this server executes only documents that its operator has registered. Send the id of one, which the operator provides, as \`documentId\` or \`extensions.persistedQuery.sha256Hash\`, without \`query\`.
- PERSISTED_QUERY_NOT_SUPPORTED: send the text of the document; clients with automatic persisted queries do so by themselves.
- BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE: the message says which path, method or header to send.
- BAD_USER_INPUT: fix the arguments or variables; \`extensions.issues\` may list them, as InputIssue does.
- WECHAT_REFUSED: WeChat Pay rejected a query; fix the arguments, or let the operator fix the merchant configuration. \`extensions.wechat\` has its \`status\`, \`code\` and \`requestId\`.
- WECHAT_UNAVAILABLE: WeChat Pay could not answer a query; retry later.
- WECHAT_UNTRUSTED: the response to a query has no valid signature of WeChat Pay; contact the operator of this server.
- LEDGER_UNAVAILABLE: the database of this server failed during a query; retry after \`extensions.retryAfterSeconds\`.
- LAUNCH_NOT_CONFIGURED: a key is not configured; contact the operator.
- INTERNAL_SERVER_ERROR: an error of this server; contact the operator with the \`x-request-id\` of the response. A mutation may have taken effect: retry the same call; ${NEVER_TWICE}`;

/** WeChat Pay's further words for the state of a service order, in records and events. */
export const STATE_DESCRIPTION_RAW =
  '订单状态说明: of a service order, how far it is while its state is DOING, exactly as WeChat Pay names it. Null otherwise.';
export const COLLECTION_STATE_RAW =
  '收款状态: of a service order, whether it is paid, exactly as WeChat Pay names it. Null if WeChat Pay sent none.';
