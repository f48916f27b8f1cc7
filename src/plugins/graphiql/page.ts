import type { GraphiQLOptions } from 'graphql-yoga';

const USER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const ORDER = 'DEMO-1';
const DAY_MS = 86_400_000;
const BEIJING_OFFSET_MS = 28_800_000;
/** How long the demo order may last: it has an end time, so that a completion does not need one. */
const RENTAL_DAYS = 30;
/** The default address of the sandbox. */
const SANDBOX = 'http://127.0.0.1:4010';

// Comments fit the width that a small window shows.
const USER_STATE = `# 1. 查询用户授权状态: may this user use it?
#    Run it (▶), then go on with the next tab.
#    Hold the pointer over a name: it explains.
query UserState($openid: String!) {
  userServiceState(openid: $openid) {
    useServiceState
    appid
    serviceId
  }
}
`;

const CREATE = `# 2. 创建先享后付订单: make an order.
#    Run it twice: it stays the same order.
#    Another riskAmount: the number is taken.
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

const EVENTS = `# 3. 订阅订单事件: what happens, as it happens.
#    Run it and leave it running: this place
#    shows the latest event. Go on with the
#    other tabs in a second window.
#    In the sandbox, be the user and confirm:
#    http://127.0.0.1:4010/
subscription Events($outOrderNo: String) {
  payAfterOrderEvents(outOrderNo: $outOrderNo) {
    id
    outOrderNo
    previousState
    state
    source
    occurredAt
    receivedAt
  }
}
`;

const QUERY = `# 4. 查询先享后付订单: what is its state?
#    Confirmed on the phone page of the sandbox
#    (http://127.0.0.1:4010/), it is
#    USER_ACCEPTED and has a finishTicket.
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

const COMPLETE = `# 5. 完结先享后付订单: it is over, and costs this.
#    Only after the user has confirmed it:
#    http://127.0.0.1:4010/
#    The sandbox collects after 5 seconds.
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

const ORDERS = `# 6. What the ledger knows: every order, and
#    what happened to it. Never live.
query Orders($filter: PayAfterOrderFilter) {
  payAfterOrders(filter: $filter, first: 10) {
    edges {
      node {
        outOrderNo
        state
        createdAt
        events(first: 10) {
          edges {
            node { state source receivedAt }
          }
        }
      }
    }
  }
}
`;

const ORDER_INPUT = {
  outOrderNo: ORDER,
  serviceIntroduction: '充电宝租借',
  serviceStartTime: 'OnAccept',
  serviceStartLocation: '深圳湾体育中心',
  riskAmount: 9_900,
  fees: [{ feeName: '租借费', feeDesc: '每小时2元，99元封顶' }],
  discounts: [{ discountName: '新客立减', discountDesc: '首单减1元' }],
};

const COMPLETE_INPUT = {
  outOrderNo: ORDER,
  finishType: 'FINISHED',
  totalAmount: 300,
  fees: [{ feeName: '租借费', feeAmount: 400 }],
  discounts: [{ discountName: '新客立减', discountAmount: 100 }],
};

/** Tabs that follow an order from the user's authorization to its record in the ledger. */
function tabsAt(now: number, sandbox: string) {
  const serviceEndTime = dateInBeijing(now + RENTAL_DAYS * DAY_MS);
  return [
    tab(USER_STATE, { openid: USER }),
    tab(CREATE, { input: { ...ORDER_INPUT, serviceEndTime } }),
    tab(EVENTS.replace(SANDBOX, sandbox), { outOrderNo: ORDER }),
    tab(QUERY.replace(SANDBOX, sandbox), { outOrderNo: ORDER }),
    tab(COMPLETE.replace(SANDBOX, sandbox), { input: COMPLETE_INPUT }),
    tab(ORDERS, { filter: {} }),
  ];
}

/**
 * GraphiQL moves a tab back to its animated position when it is pressed, so the first click on each
 * tab would miss it. It has the same rule for tabs that are not pressed.
 */
const STILL_TABS = '<style>.graphiql-tab { transform: none !important }</style></head>';

/**
 * GraphiQL as one self-contained page. Its renderer is large, so it is loaded on demand.
 * @param sandbox the address shown in the tabs
 */
export async function renderGraphiqlPage(sandbox: string = SANDBOX): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = tabsAt(Date.now(), sandbox);
  const options: GraphiQLOptions & { readonly variables: string | undefined } = {
    title: 'payafter-graphql · 先享后付',
    defaultTabs: tabs,
    // GraphiQL reads the variables of the first tab from the page, not from the tab.
    variables: tabs[0]?.variables,
    method: 'POST',
  };
  const html = await renderGraphiQL(options);
  return html.replace('</head>', STILL_TABS);
}

function tab(query: string, variables: object) {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

function dateInBeijing(ms: number): string {
  return new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 10);
}
