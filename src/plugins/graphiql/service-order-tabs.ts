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
#    Query it: status has the same values for both
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

const modify = (sandbox: SandboxAddress) => `# 10. 修改订单金额：完结后、支付前，只能调低
#    Lower the amount of a completed order that is
#    not paid. After that, refund the difference.${onlyIf(
  sandbox,
  `
#
#    沙箱在完结 5 秒后扣款，请在此之前运行。
#    The sandbox collects 5 seconds after the
#    completion: run it before.`,
)}
mutation ModifyServiceOrder(
  $input: ModifyServiceOrderInput!
) {
  modifyServiceOrder(input: $input) {
    __typename
    ... on ModifyServiceOrderPayload {
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

const COLLECT = `# 11. 商户发起催收扣款：扣款失败后再扣一次
#    Collect once more, if WeChat Pay could not
#    collect: it also tries again by itself.
#
#    已支付则为 OrderStateError。
#    If it is paid, it is an OrderStateError.
mutation CollectServiceOrder(
  $input: CollectServiceOrderInput!
) {
  collectServiceOrder(input: $input) {
    __typename
    ... on CollectServiceOrderPayload {
      order { status }
    }
    ... on OrderStateError { orderStatus }
    ... on OrderBusyError { retryAfterSeconds }
    ... on UserError { code message }
  }
}
`;

const CANCEL = `# 12. 取消支付分服务订单：用户没有使用服务
#    Cancel it: the user did not use the service.
#
#    刷新页面即换新单号，运行 7 后再运行此页。
#    Reload the page to get a new number, run 7,
#    and then this tab.
mutation CancelServiceOrder(
  $input: CancelServiceOrderInput!
) {
  cancelServiceOrder(input: $input) {
    __typename
    ... on CancelServiceOrderPayload {
      order { status }
    }
    ... on OrderStateError { orderStatus }
    ... on OrderBusyError { retryAfterSeconds }
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

const MODIFY_INPUT = {
  outOrderNo: DEMO_ORDER,
  totalAmount: 200,
  reason: '设备故障，减免1元',
  postPayments: [{ name: '租借费', amount: 300 }],
  postDiscounts: [{ name: '新客立减', amount: 100 }],
};

/**
 * Tabs with every write to a service order (支付分服务订单) but for the sync: that one needs the moment
 * at which the user paid, which no tab can know before the order is completed.
 */
export function serviceOrderTabs(sandbox: SandboxAddress): readonly Tab[] {
  return [
    tab(create(sandbox), { input: CREATE_INPUT }),
    tab(query(sandbox), { outOrderNo: DEMO_ORDER }),
    tab(complete(sandbox), { input: COMPLETE_INPUT }),
    tab(modify(sandbox), { input: MODIFY_INPUT }),
    tab(COLLECT, { input: { outOrderNo: DEMO_ORDER } }),
    tab(CANCEL, { input: { outOrderNo: DEMO_ORDER, reason: '用户未取走充电宝' } }),
  ];
}
