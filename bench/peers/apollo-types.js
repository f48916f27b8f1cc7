/** What the operations of both products need, under the same names as ours. */
export const TYPES = `
  type Query {
    payAfterOrder(by: PayAfterOrderKey!): PayAfterOrder
    serviceOrder(by: ServiceOrderKey!): ServiceOrder
  }
  type Mutation {
    createPayAfterOrder(input: CreatePayAfterOrderInput!): CreatePayAfterOrderResult!
    createServiceOrder(input: CreateServiceOrderInput!): CreateServiceOrderResult!
  }

  input PayAfterOrderKey {
    outOrderNo: String
  }

  type PayAfterOrder {
    appid: String!
    mchid: String!
    outOrderNo: String!
    serviceId: String!
    state: String!
    finishType: Int
    serviceStartTime: String
    serviceEndTime: String
    realServiceStartTime: String
    realServiceEndTime: String
    paySuccTime: String
    serviceStartLocation: String
    serviceEndLocation: String
    realServiceStartLocation: String
    realServiceEndLocation: String
    serviceIntroduction: String
    fees: [Fee!]
    discounts: [Discount!]
    riskAmount: Int
    totalAmount: Int
    attach: String
    finishTicket: String
    finishTransactionId: String
    payType: String
  }
  type Fee {
    feeName: String
    feeCount: Int
    feeAmount: Int
    feeDesc: String
  }
  type Discount {
    discountName: String
    discountAmount: Int
    discountDesc: String
  }

  input CreatePayAfterOrderInput {
    outOrderNo: String!
    serviceStartTime: String!
    serviceEndTime: String
    serviceStartLocation: String!
    serviceEndLocation: String
    serviceIntroduction: String!
    fees: [FeeInput!]
    discounts: [DiscountInput!]
    riskAmount: Int!
    attach: String
    needUserConfirm: Boolean
    openid: String
    name: String
    phone: String
    userid: String
    address: String
  }
  input FeeInput {
    feeName: String!
    feeCount: Int
    feeAmount: Int
    feeDesc: String
  }
  input DiscountInput {
    discountName: String!
    discountDesc: String
  }

  interface UserError {
    code: String!
    message: String!
  }
  type WechatError implements UserError {
    code: String!
    message: String!
  }
  union CreatePayAfterOrderResult = CreatePayAfterOrderPayload | WechatError
  type CreatePayAfterOrderPayload {
    appid: String!
    mchid: String!
    outOrderNo: String!
    serviceId: String!
    orderId: String
    package: String
    miniprogramBusinesstype: String
    miniprogramAppid: String
    miniprogramPath: String
    miniprogramUsername: String
  }

  input ServiceOrderKey {
    outOrderNo: String
  }
  type ServiceOrder {
    appid: String!
    mchid: String!
    outOrderNo: String!
    serviceId: String!
    serviceIntroduction: String
    state: String!
    stateDescription: String
    totalAmount: Int
    postPayments: [Payment!]
    postDiscounts: [ServiceDiscount!]
    riskFund: RiskFund
    timeRange: TimeRange
    location: Location
    attach: String
    notifyUrl: String
    orderId: String
    openid: String
    needCollection: Boolean
    collection: Collection
  }
  type Payment {
    name: String
    amount: Int
    description: String
    count: Int
  }
  type ServiceDiscount {
    name: String
    description: String
    amount: Int
    count: Int
  }
  type RiskFund {
    name: String
    amount: Int
    description: String
  }
  type TimeRange {
    startTime: String
    endTime: String
    startTimeRemark: String
    endTimeRemark: String
  }
  type Location {
    startLocation: String
    endLocation: String
  }
  type Collection {
    state: String!
    totalAmount: Int
    payingAmount: Int
    paidAmount: Int
    details: [CollectionDetail!]
  }
  type CollectionDetail {
    seq: Int
    amount: Int
    paidType: String
    paidTime: String
    transactionId: String
  }

  input CreateServiceOrderInput {
    outOrderNo: String!
    serviceIntroduction: String!
    postPayments: [PaymentInput!]
    postDiscounts: [ServiceDiscountInput!]
    timeRange: TimeRangeInput!
    location: LocationInput
    riskFund: RiskFundInput!
    attach: String
    notifyUrl: String
    needUserConfirm: Boolean
    openid: String
    device: DeviceInput
  }
  input PaymentInput {
    name: String!
    amount: Int
    description: String
    count: Int
  }
  input ServiceDiscountInput {
    name: String!
    description: String!
    count: Int
  }
  input TimeRangeInput {
    startTime: String!
    startTimeRemark: String
    endTime: String
    endTimeRemark: String
  }
  input LocationInput {
    startLocation: String
    endLocation: String
  }
  input RiskFundInput {
    name: String!
    amount: Int!
    description: String
  }
  input DeviceInput {
    startDeviceId: String
    endDeviceId: String
    materielNo: String
  }

  union CreateServiceOrderResult = CreateServiceOrderPayload | WechatError
  type CreateServiceOrderPayload {
    appid: String!
    mchid: String!
    outOrderNo: String!
    serviceId: String!
    orderId: String
    package: String
    state: String
  }
`;
