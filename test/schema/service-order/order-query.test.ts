import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { as, caller, knowing, shopper } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { newOutOrderNo, orderInput } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';
import { aServiceOrder, WHOLE_COMPLETE } from '../../fixtures/wechat/service-orders.ts';

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const callers = {
  operator: caller(['orders:create', 'orders:read', 'orders:any']),
  reader: shopper(OPENID),
  stranger: shopper('openid-of-another'),
  blind: caller(['orders:create', 'orders:any']),
};

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ resources: { authenticator: knowing(callers) } });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

async function run(who: keyof typeof callers, query: string, variables: JsonObject = {}) {
  const response = await fixture.app.fetch(graphqlRequest({ query, variables }, as(who)));
  const answer: unknown = await response.json();
  return answer;
}

const ORDER = `query ($by: ServiceOrderKey!) { serviceOrder(by: $by) {
  id product livemode mchid appid serviceId outOrderNo status serviceIntroduction riskAmount
  totalAmount paidAmount payments { transactionId amount paidTime channel } launch { businessType }
  orderId state stateRaw stateDescription stateDescriptionRaw
  postPayments { name amount description count } postDiscounts { name amount description count }
  riskFund { name nameRaw amount description }
  timeRange { startTime startTimeRemark endTime endTimeRemark }
  location { startLocation endLocation } attach notifyUrl openid needCollection
  collection { state stateRaw totalAmount payingAmount paidAmount
    details { seq amount paidType paidTypeRaw paidTime transactionId promotionDetail { couponId } } } } }`;

const order = async (outOrderNo: string) =>
  at(await run('operator', ORDER, { by: { outOrderNo } }), 'data', 'serviceOrder');

/** An order of the sandbox, made by the client. */
async function made(changes: Parameters<typeof aServiceOrder>[0] = {}): Promise<string> {
  const outOrderNo = newOutOrderNo();
  await fixture.wechat.serviceOrders.create.send(aServiceOrder({ outOrderNo, ...changes }));
  return outOrderNo;
}

const act = (outOrderNo: string, step: string) =>
  fixture.control('POST', `service-orders/${outOrderNo}/${step}`);

async function paid(): Promise<string> {
  const outOrderNo = await made({ timeRange: { startTime: 'OnAccept', endTime: '2099-07-05' } });
  await act(outOrderNo, 'confirm');
  const { timeRange: _, ...complete } = WHOLE_COMPLETE;
  await fixture.wechat.serviceOrders.complete.send({
    ...complete,
    outOrderNo,
  });
  await act(outOrderNo, 'pay');
  return outOrderNo;
}

describe('serviceOrder', () => {
  test('a new service order has its input, and null for what is not known yet', async () => {
    const outOrderNo = await made({
      timeRange: { startTime: 'OnAccept', startTimeRemark: '入住', endTime: '2099-07-06' },
      location: { startLocation: '嗨客时尚主题展餐厅' },
      postPayments: [{ name: '房费', amount: 40_000, count: 2 }],
      postDiscounts: [{ name: '满20减1元', description: '不与其他优惠叠加' }],
      attach: 'a%3D1',
    });
    expect(await order(outOrderNo)).toMatchObject({
      product: 'SERVICE_ORDER',
      livemode: false,
      outOrderNo,
      status: 'CREATED',
      riskAmount: 50_000,
      totalAmount: null,
      paidAmount: null,
      payments: [],
      launch: { businessType: 'wxpayScoreDetail' },
      state: 'CREATED',
      stateRaw: 'CREATED',
      stateDescription: null,
      postPayments: [{ name: '房费', amount: 40_000 }],
      riskFund: { name: 'ESTIMATE_ORDER_COST', nameRaw: 'ESTIMATE_ORDER_COST', amount: 50_000 },
      timeRange: { startTimeRemark: '入住', endTime: '2099-07-06', endTimeRemark: null },
      location: { startLocation: '嗨客时尚主题展餐厅', endLocation: null },
      attach: 'a%3D1',
      notifyUrl: 'https://shop.example/wechat/notify',
      openid: null,
      collection: null,
    });
  });

  test('a confirmed order is ACCEPTED: its description counts, not only its state', async () => {
    const outOrderNo = await made();
    await act(outOrderNo, 'confirm');
    expect(await order(outOrderNo)).toMatchObject({
      status: 'ACCEPTED',
      state: 'DOING',
      stateDescription: 'USER_CONFIRM',
      openid: OPENID,
    });
  });

  test('a paid order has its payments with the values of both products, and of its own', async () => {
    const shown = await order(await paid());
    expect(shown).toMatchObject({
      status: 'PAID',
      state: 'DONE',
      stateDescription: null,
      totalAmount: 39_900,
      paidAmount: 39_900,
      payments: [{ amount: 39_900, channel: 'WECHAT', transactionId: expect.any(String) }],
      collection: { state: 'USER_PAID', details: [{ paidType: 'NEWTON', amount: 39_900 }] },
    });
    expect(at(shown, 'payments', 0, 'transactionId')).toBe(
      at(shown, 'collection', 'details', 0, 'transactionId'),
    );
  });

  test('an order that does not exist is null; an invalid key is no call', async () => {
    expect(await order('no-such-order')).toBeNull();
    await fixture.reset();
    const answer = await run('operator', ORDER, { by: { queryId: 'x'.repeat(513) } });
    expect(answer).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['queryId'] }] } }],
    });
    expect(fixture.calls()).toEqual([]);
  });

  test('several selections of one order are one call', async () => {
    const outOrderNo = await made();
    await fixture.reset();
    await run(
      'operator',
      `query ($by: ServiceOrderKey!) { a: serviceOrder(by: $by) { state }
        b: serviceOrder(by: $by) { status } }`,
      { by: { outOrderNo } },
    );
    expect(fixture.calls()).toHaveLength(1);
  });
});

describe('access to service orders', () => {
  test('a shopper sees its own order, without openid, and no other; a foreign number is no call', async () => {
    const outOrderNo = await made();
    await fixture.see({
      product: 'SERVICE_ORDER',
      outOrderNo,
      owner: fixture.ledger.ownerOf(OPENID),
    });
    await fixture.reset();
    const query = 'query ($by: ServiceOrderKey!) { serviceOrder(by: $by) { outOrderNo } }';
    const by = { outOrderNo };
    expect(await run('stranger', query, { by })).toEqual({ data: { serviceOrder: null } });
    expect(fixture.calls()).toEqual([]);
    expect(await run('reader', query, { by })).toEqual({ data: { serviceOrder: { outOrderNo } } });
    expect(await run('reader', ORDER, { by })).toMatchObject({
      data: { serviceOrder: { outOrderNo, openid: null } },
      errors: [{ path: ['serviceOrder', 'openid'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  test('a caller without orders:read sees none', async () => {
    expect(await run('blind', ORDER, { by: { outOrderNo: 'X' } })).toMatchObject({
      errors: [{ message: 'Missing scope: orders:read.', extensions: { code: 'FORBIDDEN' } }],
    });
  });
});

const NODE = `query ($id: ID!) { node(id: $id) { __typename id
  ... on Order { product outOrderNo status } } }`;

describe('node', () => {
  /** One number under both products. */
  async function both(): Promise<readonly [string, unknown, unknown]> {
    const outOrderNo = await made();
    const created = `mutation ($input: CreatePayAfterOrderInput!) {
      createPayAfterOrder(input: $input) { ... on CreatePayAfterOrderPayload { order { id } } } }`;
    const other = await run('operator', created, { input: orderInput({ outOrderNo }) });
    const service = at(await order(outOrderNo), 'id');
    return [outOrderNo, at(other, 'data', 'createPayAfterOrder', 'order', 'id'), service];
  }

  test('the same number under both products is two orders with two ids', async () => {
    const [outOrderNo, payAfter, service] = await both();
    expect(payAfter).not.toBe(service);
    expect(await run('operator', NODE, { id: String(payAfter) })).toEqual({
      data: {
        node: {
          __typename: 'PayAfterOrder',
          id: payAfter,
          product: 'PAY_AFTER',
          outOrderNo,
          status: 'CREATED',
        },
      },
    });
    expect(await run('operator', NODE, { id: String(service) })).toMatchObject({
      data: { node: { __typename: 'ServiceOrder', id: service, product: 'SERVICE_ORDER' } },
    });
  });

  test('a node is for those who may see it directly', async () => {
    const [, payAfter, service] = await both();
    await fixture.ledger.idle();
    await fixture.reset();
    for (const id of [String(payAfter), String(service)]) {
      expect(await run('stranger', NODE, { id })).toEqual({ data: { node: null } });
      expect(await run('blind', NODE, { id })).toMatchObject({
        data: { node: null },
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
    }
    expect(fixture.calls()).toEqual([]);
  });

  test.each([
    '',
    'x',
    Buffer.from('["ServiceOrder","a"]').toString('base64url'),
    Buffer.from('["Query"]').toString('base64url'),
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('["PayAfterOrder","","",""]').toString('base64url'),
  ])('%j is no id', async (id) => {
    expect(await run('operator', NODE, { id })).toMatchObject({
      data: { node: null },
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    expect(fixture.calls()).toEqual([]);
  });
});
