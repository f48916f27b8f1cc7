/** What each of complete, cancel and sync may end in, other than success. */
const CHANGE_ERRORS = `InvalidInputError
  | OrderNotFoundError
  | OrderStateError
  | OrderConflictError
  | WechatRefusedError
  | WechatUnavailableError
  | OutcomeUnknownError
  | LedgerUnavailableError`;

/** What each of them answers. */
const CHANGED = `appid: String!
  mchid: String!
  outOrderNo: String!
  serviceId: String!
  orderId: String
  replayed: Boolean!
  order: PayAfterOrder`;

/** The rest of an order's life: what changes it, opens its pages, and was recorded of it. */
export const FURTHER_CONTRACT = `
input CompletePayAfterOrderInput {
  appid: String
  serviceId: String
  outOrderNo: String!
  finishType: PayAfterFinishTypeInput!
  finishTicket: String
  totalAmount: Fen!
  profitSharing: Boolean
  cancelReason: String
  realServiceStartTime: ServiceTime
  realServiceEndTime: ServiceTime
  realServiceEndLocation: String
  fees: [CompletePayAfterOrderFeeInput!]
  discounts: [CompletePayAfterOrderDiscountInput!]
}
input CompletePayAfterOrderFeeInput {
  feeName: String! feeCount: Int feeAmount: Fen feeDesc: String
}
input CompletePayAfterOrderDiscountInput {
  discountName: String! discountAmount: Fen! discountDesc: String
}
union CompletePayAfterOrderResult =
  | CompletePayAfterOrderPayload
  | ${CHANGE_ERRORS}
type CompletePayAfterOrderPayload {
  ${CHANGED}
}
input CancelPayAfterOrderInput {
  appid: String serviceId: String outOrderNo: String! reason: String!
}
union CancelPayAfterOrderResult =
  | CancelPayAfterOrderPayload
  | ${CHANGE_ERRORS}
type CancelPayAfterOrderPayload {
  ${CHANGED}
}
input SyncPayAfterOrderInput {
  appid: String
  serviceId: String
  outOrderNo: String!
  type: PayAfterSyncType!
  detail: SyncPayAfterOrderDetailInput!
}
input SyncPayAfterOrderDetailInput { paidTime: ServiceTime! }
enum PayAfterSyncType { ORDER_PAID }
union SyncPayAfterOrderResult =
  | SyncPayAfterOrderPayload
  | ${CHANGE_ERRORS}
type SyncPayAfterOrderPayload {
  ${CHANGED}
}

type PayAfterLaunch {
  businessType: String! extraData: LaunchExtraData! queryString: String!
}
scalar LaunchExtraData

scalar DateTime
input PayAfterOrderFilter {
  states: [PayAfterOrderState!] serviceId: String createdFrom: DateTime createdBefore: DateTime
}
type PayAfterOrderRecord {
  outOrderNo: String!
  serviceId: String!
  appid: String!
  state: PayAfterOrderState!
  stateRaw: String!
  createdAt: DateTime!
  observedAt: DateTime!
  lastEventId: ID
  events(first: Int, after: String): PayAfterOrderEventConnection!
}
type PayAfterOrderRecordConnection { edges: [PayAfterOrderRecordEdge!]! pageInfo: PageInfo! }
type PayAfterOrderRecordEdge { node: PayAfterOrderRecord! cursor: String! }
type PayAfterOrderEvent {
  id: ID!
  outOrderNo: String!
  state: PayAfterOrderState!
  stateRaw: String!
  previousState: PayAfterOrderState
  source: EventSource!
  occurredAt: DateTime!
  receivedAt: DateTime!
}
enum EventSource { NOTIFICATION QUERY MUTATION RECONCILER }
type PayAfterOrderEventConnection { edges: [PayAfterOrderEventEdge!]! pageInfo: PageInfo! }
type PayAfterOrderEventEdge { node: PayAfterOrderEvent! cursor: String! }
type PageInfo {
  hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
}
`;
