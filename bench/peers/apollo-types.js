/** What the two operations need, under the same names as ours. */
export const TYPES = `
  type Query {
    payAfterOrder(by: PayAfterOrderKey!): PayAfterOrder
  }
  type Mutation {
    createPayAfterOrder(input: CreatePayAfterOrderInput!): CreatePayAfterOrderResult!
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
`;
