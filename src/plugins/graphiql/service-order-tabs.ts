import {
  confirmedFirst,
  DEMO_END_DATE,
  DEMO_ORDER,
  onlyIf,
  REAL_ORDER,
  type SandboxAddress,
  type Tab,
  tab,
} from './tab.ts';

const create = (sandbox: SandboxAddress) => `# 7. 创建支付分服务订单：另一个产品，现行接口
#    Create a service order: the other product,
#    today's interface. Its numbers are its own.${onlyIf(!sandbox, REAL_ORDER)}
mutation CreateServiceOrder(
  $input: CreateServiceOrderInput!
) {
  createServiceOrder(input: $input) {
    __typename
    ... on CreateServiceOrderPayload {
      orderId
      outOrderNo
      state
      launch { businessType }
    }
    ... on InvalidInputError {
      issues { path message }
    }
    ... on UserError { code message }
  }
}
`;

const query = (sandbox: SandboxAddress) => `# 8. 查询支付分服务订单
#    Query it: status has the same words for both
#    products.
#
${confirmedFirst(sandbox)}
#    确认后 status 为 ACCEPTED，支付后为 PAID。
#    Then it is ACCEPTED, and PAID after payment.
query ServiceOrder($outOrderNo: String!) {
  serviceOrder(by: { outOrderNo: $outOrderNo }) {
    status
    state
    stateDescription
    outOrderNo
    serviceIntroduction
    timeRange { startTime endTime }
    riskFund { name amount }
    postPayments { name description amount }
    totalAmount
    collection {
      state
      details { paidTime transactionId }
    }
  }
}
`;

const complete = (sandbox: SandboxAddress) => `# 9. 完结支付分服务订单
#    Complete it: the service is over, and this
#    is what it costs.
#
${confirmedFirst(sandbox)}
mutation CompleteServiceOrder(
  $input: CompleteServiceOrderInput!
) {
  completeServiceOrder(input: $input) {
    __typename
    ... on CompleteServiceOrderPayload {
      totalAmount
      order { status }
    }
    ... on OrderStateError { orderStatus }
    ... on InvalidInputError {
      issues { path message }
    }
    ... on UserError { code message }
  }
}
`;

const CREATE_INPUT = {
  outOrderNo: DEMO_ORDER,
  serviceIntroduction: '充电宝租借',
  timeRange: { startTime: 'OnAccept', endTime: DEMO_END_DATE },
  location: { startLocation: '深圳湾体育中心' },
  riskFund: { name: 'ESTIMATE_ORDER_COST', amount: 9_900 },
  postPayments: [{ name: '租借费', description: '每小时2元，99元封顶' }],
  postDiscounts: [{ name: '新客立减', description: '首单减1元' }],
};

const COMPLETE_INPUT = {
  outOrderNo: DEMO_ORDER,
  totalAmount: 300,
  postPayments: [{ name: '租借费', amount: 400 }],
  postDiscounts: [{ name: '新客立减', amount: 100 }],
};

/** Tabs that create, query and complete a service order (支付分服务订单). */
export function serviceOrderTabs(sandbox: SandboxAddress): readonly Tab[] {
  return [
    tab(create(sandbox), { input: CREATE_INPUT }),
    tab(query(sandbox), { outOrderNo: DEMO_ORDER }),
    tab(complete(sandbox), { input: COMPLETE_INPUT }),
  ];
}
