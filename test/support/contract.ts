import { FURTHER_CONTRACT } from './contract-further.ts';

/** What callers rely on: every name and whether it may be null. Descriptions left out. */
export const CONTRACT = `
type Query {
  payAfterOrder(by: PayAfterOrderKey!, serviceId: String, appid: String): PayAfterOrder
  payAfterOrders(
    filter: PayAfterOrderFilter first: Int after: String
  ): PayAfterOrderRecordConnection!
  userServiceState(openid: String!, serviceId: String, appid: String): UserServiceState!
}
input PayAfterOrderKey @oneOf { outOrderNo: String queryId: String }
type UserServiceState {
  appid: String! serviceId: String! openid: String useServiceState: UseServiceState!
  launch(outRequestNo: String!): PayAfterLaunch
}
enum UseServiceState { AVAILABLE UNAVAILABLE UNKNOWN }

type Mutation {
  createPayAfterOrder(input: CreatePayAfterOrderInput!): CreatePayAfterOrderResult!
  completePayAfterOrder(input: CompletePayAfterOrderInput!): CompletePayAfterOrderResult!
  cancelPayAfterOrder(input: CancelPayAfterOrderInput!): CancelPayAfterOrderResult!
  syncPayAfterOrder(input: SyncPayAfterOrderInput!): SyncPayAfterOrderResult!
}
type Subscription {
  payAfterOrderEvents(outOrderNo: String, after: ID): PayAfterOrderEvent!
}
input CreatePayAfterOrderInput {
  appid: String
  serviceId: String
  outOrderNo: String!
  serviceStartTime: ServiceTime!
  serviceEndTime: ServiceTime
  serviceStartLocation: String!
  serviceEndLocation: String
  serviceIntroduction: String!
  fees: [CreatePayAfterOrderFeeInput!]
  discounts: [CreatePayAfterOrderDiscountInput!]
  riskAmount: Fen!
  attach: String
  needUserConfirm: Boolean
  openid: String
  name: String
  phone: String
  userid: String
  address: String
}
input CreatePayAfterOrderFeeInput {
  feeName: String! feeCount: Int feeAmount: Fen feeDesc: String
}
input CreatePayAfterOrderDiscountInput { discountName: String! discountDesc: String }
union CreatePayAfterOrderResult =
  | CreatePayAfterOrderPayload
  | InvalidInputError
  | OrderConflictError
  | WechatRefusedError
  | WechatUnavailableError
  | OutcomeUnknownError
  | LedgerUnavailableError
type CreatePayAfterOrderPayload {
  appid: String!
  mchid: String!
  outOrderNo: String!
  serviceId: String!
  orderId: String
  miniprogramBusinesstype: String
  miniprogramAppid: String
  miniprogramPath: String
  miniprogramUsername: String
  package: String
  replayed: Boolean!
  launch: PayAfterLaunch
  order: PayAfterOrder
}
type PayAfterOrder {
  appid: String!
  mchid: String!
  outOrderNo: String!
  serviceId: String!
  state: PayAfterOrderState!
  stateRaw: String!
  finishType: PayAfterFinishType
  serviceStartTime: ServiceTime
  serviceEndTime: ServiceTime
  realServiceStartTime: ServiceTime
  realServiceEndTime: ServiceTime
  paySuccTime: ServiceTime
  serviceStartLocation: String
  serviceEndLocation: String
  realServiceStartLocation: String
  realServiceEndLocation: String
  serviceIntroduction: String
  fees: [PayAfterOrderFee!]
  discounts: [PayAfterOrderDiscount!]
  riskAmount: Fen
  totalAmount: Fen
  attach: String
  finishTicket: String
  finishTransactionId: String
  payType: String
  launch: PayAfterLaunch
}
type PayAfterOrderFee { feeName: String feeCount: Int feeAmount: Fen feeDesc: String }
type PayAfterOrderDiscount { discountName: String discountAmount: Fen discountDesc: String }
enum PayAfterOrderState { CREATED USER_ACCEPTED FINISHED USER_PAID REVOKED EXPIRED UNKNOWN }
enum PayAfterFinishType { UNUSED FINISHED UNKNOWN }
enum PayAfterFinishTypeInput { UNUSED FINISHED }
scalar Fen
scalar ServiceTime

interface UserError { message: String! code: ErrorCode! }
type InvalidInputError implements UserError {
  message: String! code: ErrorCode! issues: [InputIssue!]!
}
type InputIssue { path: [String!]! code: String! message: String! }
type OrderConflictError implements UserError {
  message: String! code: ErrorCode! outOrderNo: String!
}
type OrderNotFoundError implements UserError {
  message: String! code: ErrorCode! outOrderNo: String!
}
type OrderStateError implements UserError {
  message: String! code: ErrorCode! outOrderNo: String! state: PayAfterOrderState
}
type WechatRefusedError implements UserError {
  message: String! code: ErrorCode! wechatCode: String! status: Int! requestId: String
}
type WechatUnavailableError implements UserError {
  message: String! code: ErrorCode! retryAfterSeconds: Int
}
type OutcomeUnknownError implements UserError {
  message: String! code: ErrorCode! outOrderNo: String! reason: UnknownOutcomeReason!
}
type LedgerUnavailableError implements UserError {
  message: String! code: ErrorCode! retryAfterSeconds: Int
}
enum UnknownOutcomeReason { TIMEOUT CONNECTION SERVER_ERROR UNTRUSTED_ANSWER }
enum ErrorCode {
  INVALID_INPUT ORDER_CONFLICT ORDER_NOT_FOUND ORDER_STATE
  WECHAT_REFUSED WECHAT_UNAVAILABLE OUTCOME_UNKNOWN LEDGER_UNAVAILABLE
}
${FURTHER_CONTRACT}`;
