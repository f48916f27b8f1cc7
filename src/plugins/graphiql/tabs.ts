import { serviceOrderTabs } from './service-order-tabs.ts';
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

const USER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

// Comments fit the width that a small window shows.
const userState = (sandbox: SandboxAddress) => `# 1. 查询用户授权状态：用户能否使用本服务？
#    May this user use the service?
#
#    点 ▶ 运行，再看下一个标签页；指针停在名称上
#    即显示说明。Run it (▶), then go on with the
#    next tab. Hold the pointer over a name: it
#    explains.${onlyIf(!sandbox, REAL_OPENID)}
query UserState($openid: String!) {
  userServiceState(openid: $openid) {
    useServiceState
    appid
    serviceId
  }
}
`;

const REAL_OPENID = `
#
#    请填入本 appid 下一位用户的 openid。
#    Put in the openid of a user of this appid.`;

const create = (sandbox: SandboxAddress) => `# 2. 创建先享后付订单
#    Create an order.
#
#    原样再运行，还是这一单；改了金额再运行，单号
#    已被占用。刷新页面即换新单号。
#    Run it twice: it stays the same order. With
#    another riskAmount, the number is taken.
#    Reload the page to get a new number.${onlyIf(!sandbox, REAL_ORDER)}
mutation CreateOrder(
  $input: CreatePayAfterOrderInput!
) {
  createPayAfterOrder(input: $input) {
    __typename
    ... on CreatePayAfterOrderPayload {
      orderId
      outOrderNo
      miniprogramBusinesstype
      order {
        state
        riskAmount
      }
    }
    ... on InvalidInputError {
      issues { path message }
    }
    ... on UserError { code message }
  }
}
`;

const events = (sandbox: SandboxAddress) => `# 3. 订阅订单事件
#    What happens to the orders, as it happens.
#
#    运行后保持不动，此处显示最新事件。切换标签页
#    会停止订阅：其余步骤请在第二个窗口操作。
#    Run it and stay here: it shows the latest
#    event. Another tab stops it, so go on with
#    the other steps in a second window.
#
${
  sandbox
    ? `#    用户手机 The user's phone:
#    ${sandbox}/`
    : `#    用户在微信中确认、支付后即有事件。
#    The user confirms and pays in WeChat.`
}
subscription Events($outOrderNo: String) {
  orderEvents(outOrderNo: $outOrderNo) {
    cursor
    outOrderNo
    previousStatus
    status
    stateRaw
    source
    occurredAt
    receivedAt
  }
}
`;

const query = (sandbox: SandboxAddress) => `# 4. 查询先享后付订单
#    Query the order: what is its state?
#
${confirmedFirst(sandbox)}
#    确认后为 USER_ACCEPTED，并有 finishTicket。
#    USER_ACCEPTED then, and it has finishTicket.
query Order($outOrderNo: String!) {
  payAfterOrder(by: { outOrderNo: $outOrderNo }) {
    state
    outOrderNo
    serviceIntroduction
    serviceStartTime
    serviceEndTime
    serviceStartLocation
    riskAmount
    fees { feeName feeDesc feeAmount }
    totalAmount
    paySuccTime
    finishTicket
  }
}
`;

const complete = (sandbox: SandboxAddress) => `# 5. 完结先享后付订单：服务结束，按此收款
#    Complete it: the service is over, and this
#    is what it costs.
#
${confirmedFirst(sandbox)}${onlyIf(
  sandbox,
  `
#    沙箱在 5 秒后完成扣款。
#    The sandbox collects after 5 seconds.`,
)}
mutation CompleteOrder(
  $input: CompletePayAfterOrderInput!
) {
  completePayAfterOrder(input: $input) {
    __typename
    ... on CompletePayAfterOrderPayload {
      orderId
      order {
        state
        totalAmount
      }
    }
    ... on OrderStateError { state }
    ... on InvalidInputError {
      issues { path message }
    }
    ... on UserError { code message }
  }
}
`;

const ORDERS = `# 6. 账本中的订单及其事件，不请求微信支付
#    What the ledger knows: every order, and what
#    happened to it, without a call to WeChat Pay.
query Orders($filter: OrderRecordFilter) {
  orderRecords(filter: $filter, first: 10) {
    nodes {
      product
      outOrderNo
      status
      createdAt
      events(first: 10) {
        nodes { status source receivedAt }
      }
    }
  }
}
`;

const ORDER_INPUT = {
  outOrderNo: DEMO_ORDER,
  serviceIntroduction: '充电宝租借',
  serviceStartTime: 'OnAccept',
  // So that a completion does not need an end time.
  serviceEndTime: DEMO_END_DATE,
  serviceStartLocation: '深圳湾体育中心',
  riskAmount: 9_900,
  fees: [{ feeName: '租借费', feeDesc: '每小时2元，99元封顶' }],
  discounts: [{ discountName: '新客立减', discountDesc: '首单减1元' }],
};

const COMPLETE_INPUT = {
  outOrderNo: DEMO_ORDER,
  finishType: 'FINISHED',
  totalAmount: 300,
  fees: [{ feeName: '租借费', feeAmount: 400 }],
  discounts: [{ discountName: '新客立减', discountAmount: 100 }],
};

/**
 * Tabs that follow a pay-after order from the user's authorization to its record in the ledger, and
 * then a service order.
 */
export function graphiqlTabs(sandbox: SandboxAddress): readonly Tab[] {
  return [
    tab(userState(sandbox), { openid: sandbox ? USER : '' }),
    tab(create(sandbox), { input: ORDER_INPUT }),
    // Of all orders: another window has another order.
    tab(events(sandbox), { outOrderNo: null }),
    tab(query(sandbox), { outOrderNo: DEMO_ORDER }),
    tab(complete(sandbox), { input: COMPLETE_INPUT }),
    tab(ORDERS, { filter: {} }),
    ...serviceOrderTabs(sandbox),
  ];
}
