/** Creates an order and shows every field of every outcome, but for what is signed or asked for anew. */
export const CREATE = `mutation Create($input: CreatePayAfterOrderInput!) {
  createPayAfterOrder(input: $input) {
    __typename
    ... on CreatePayAfterOrderPayload {
      appid mchid outOrderNo serviceId orderId package
      miniprogramBusinesstype miniprogramAppid miniprogramPath miniprogramUsername
    }
    ... on UserError { code message }
    ... on InvalidInputError { issues { path code message } }
    ... on OrderConflictError { outOrderNo }
    ... on WechatRefusedError { wechatCode status requestId }
    ... on WechatUnavailableError { retryAfterSeconds }
    ... on OutcomeUnknownError { outOrderNo reason }
  }
}`;

/** All fields of an order that are WeChat Pay's own. */
export const ORDER = `fragment Order on PayAfterOrder {
  appid mchid outOrderNo serviceId state stateRaw finishType
  serviceStartTime serviceEndTime realServiceStartTime realServiceEndTime paySuccTime
  serviceStartLocation serviceEndLocation realServiceStartLocation realServiceEndLocation
  serviceIntroduction
  fees { feeName feeCount feeAmount feeDesc }
  discounts { discountName discountAmount discountDesc }
  riskAmount totalAmount attach finishTicket finishTransactionId payType
}`;

export const QUERY = `query Query($by: PayAfterOrderKey!, $serviceId: String, $appid: String) {
  payAfterOrder(by: $by, serviceId: $serviceId, appid: $appid) { ...Order }
} ${ORDER}`;

export const USER_STATE = `query UserState($openid: String!, $serviceId: String, $appid: String) {
  userServiceState(openid: $openid, serviceId: $serviceId, appid: $appid) {
    appid serviceId openid useServiceState
  }
}`;
