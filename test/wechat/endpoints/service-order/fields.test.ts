import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WechatPay } from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS } from '../../../fixtures/wechat/orders.ts';
import {
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  type Seen,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import {
  aServiceOrder,
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  DIRECTLY_COMPLETED_ON_WIRE,
  IDS_ON_WIRE,
  PAID,
  PAID_ON_WIRE,
  PROMOTIONS,
  WHOLE_COMPLETE,
  WHOLE_DIRECT_COMPLETE,
  WHOLE_MESSAGE,
  WHOLE_SERVICE_ORDER,
  WHOLE_SERVICE_ORDER_WIRE,
} from '../../../fixtures/wechat/service-orders.ts';

const S1 = { ...IDS, outOrderNo: 'S1' };
const ORDERS = '/v3/payscore/serviceorder';
const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);

/** The answers to the first request and to the query that may follow. */
let answer: Reply = {};
let shown: object = {};
let seen: Seen | undefined;
let client: WechatPay | undefined;
let stop = () => Promise.resolve();
const wechat = () => client ?? raise();
const raise = () => {
  throw new Error('the client exists from beforeAll to afterAll');
};

beforeAll(async () => {
  const upstream = await startSdkUpstream(merchant.publicPem, signers, (request) => {
    const isFirst = seen === undefined;
    seen ??= request;
    return isFirst ? answer : { body: JSON.stringify(shown) };
  });
  client = clientOf(upstream.url, merchant, wechatKey);
  stop = async () => {
    await client?.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

const NO_CONTENT = { status: 204, body: '' };

/** The first request of the call, which is answered with this; a query shows the order. */
async function sent(reply: object, call: () => Promise<unknown>, order: object = reply) {
  answer = reply === NO_CONTENT ? NO_CONTENT : { body: JSON.stringify(reply) };
  shown = order;
  seen = undefined;
  const result = await call();
  const request = seen as Seen | undefined;
  if (request === undefined) {
    throw new Error('nothing was sent');
  }
  const { method, target, verified, body } = request;
  expect(verified).toBe(true);
  return { method, target, body: body.length === 0 ? undefined : JSON.parse(`${body}`), result };
}

describe('what is sent', () => {
  test('a create of a service order sends each documented field under its own name, and nothing else', async () => {
    const reply = { ...PAID_ON_WIRE, ...IDS, state: 'DOING', package: 'p' };
    const { method, target, body } = await sent(reply, () =>
      wechat().serviceOrders.create.send({ ...WHOLE_SERVICE_ORDER, surprise: 1 } as never),
    );
    expect([method, target]).toEqual(['POST', ORDERS]);
    expect(body).toEqual(WHOLE_SERVICE_ORDER_WIRE);
  });

  test('a create of a service order sends only given values, never null, and always whether the user confirms', async () => {
    const request = aServiceOrder({ attach: null, location: undefined, postPayments: null });
    const { body } = await sent({ ...CREATED_ON_WIRE, package: 'p' }, () =>
      wechat().serviceOrders.create.send(request),
    );
    expect(body).toEqual({
      out_order_no: 'S1',
      appid: IDS.appid,
      service_id: IDS.serviceId,
      service_introduction: '某某酒店',
      time_range: { start_time: 'OnAccept' },
      risk_fund: { name: 'ESTIMATE_ORDER_COST', amount: 50_000 },
      notify_url: 'https://shop.example/wechat/notify',
      need_user_confirm: true,
    });
  });

  const device = {
    start_device_id: 'HG123456',
    end_device_id: 'HG123457',
    materiel_no: 'https://d.example/1',
  };
  const payment = { name: '房费', amount: 40_000, description: '一晚', count: 1 };
  const discount = { name: '满20减1元', description: '不与其他优惠叠加', amount: 100, count: 1 };
  const message = {
    service_id: IDS.serviceId,
    post_payments: [payment],
    post_discounts: [discount],
    total_amount: 39_900,
    prepaid_time: '20260706',
  };

  test.each<[string, string, () => Promise<unknown>, object, object, object?]>([
    [
      'complete',
      'complete',
      () => wechat().serviceOrders.complete.send(WHOLE_COMPLETE),
      COMPLETED_ON_WIRE,
      {
        appid: IDS.appid,
        service_id: IDS.serviceId,
        post_payments: [payment],
        post_discounts: [discount],
        total_amount: 39_900,
        time_range: { start_time: '20260705173549', end_time: '20260706100000' },
        location: { start_location: '嗨客时尚主题展餐厅', end_location: '深圳北站' },
        profit_sharing: false,
        goods_tag: 'goods_tag',
        device,
      },
    ],
    [
      'complete with nothing to pay',
      'complete',
      () => wechat().serviceOrders.complete.send({ ...S1, postPayments: [], totalAmount: 0 }),
      { ...COMPLETED_ON_WIRE, total_amount: 0 },
      { appid: IDS.appid, service_id: IDS.serviceId, post_payments: [], total_amount: 0 },
    ],
    [
      'modify',
      'modify',
      () =>
        wechat().serviceOrders.modify.send({
          ...S1,
          postPayments: [{ name: '房费', amount: 100 }],
          postDiscounts: [{ amount: 1 }],
          totalAmount: 99,
          reason: '用户投诉',
          device: WHOLE_COMPLETE.device,
        }),
      {
        ...COMPLETED_ON_WIRE,
        total_amount: 99,
        collection: { state: 'USER_PAYING', total_amount: 99 },
      },
      {
        appid: IDS.appid,
        service_id: IDS.serviceId,
        post_payments: [{ name: '房费', amount: 100 }],
        post_discounts: [{ amount: 1 }],
        total_amount: 99,
        reason: '用户投诉',
        device,
      },
    ],
    [
      'cancel',
      'cancel',
      () => wechat().serviceOrders.cancel.send({ ...S1, reason: '用户投诉' }),
      { ...IDS_ON_WIRE, order_id: '1' },
      { appid: IDS.appid, service_id: IDS.serviceId, reason: '用户投诉' },
      { ...CREATED_ON_WIRE, state: 'REVOKED' },
    ],
    [
      'collect',
      'pay',
      () => wechat().serviceOrders.collect.send({ ...S1, reason: 'no field of it' } as never),
      { ...IDS_ON_WIRE, order_id: '1' },
      { appid: IDS.appid, service_id: IDS.serviceId },
      COMPLETED_ON_WIRE,
    ],
    [
      'sendPrepaidMessage',
      'send-prepaidmessage',
      () => wechat().serviceOrders.sendPrepaidMessage.send(WHOLE_MESSAGE),
      NO_CONTENT,
      message,
      COMPLETED_ON_WIRE,
    ],
    [
      'sendPendingMessage',
      'send-pendingmessage',
      () => wechat().serviceOrders.sendPendingMessage.send(WHOLE_MESSAGE),
      NO_CONTENT,
      message,
      COMPLETED_ON_WIRE,
    ],
    [
      'sendPendingMessage with what must be given',
      'send-pendingmessage',
      () =>
        wechat().serviceOrders.sendPendingMessage.send({ ...WHOLE_MESSAGE, postDiscounts: null }),
      NO_CONTENT,
      { ...message, post_discounts: undefined },
      COMPLETED_ON_WIRE,
    ],
    [
      'sync',
      'sync',
      () =>
        wechat().serviceOrders.sync.send({
          ...S1,
          type: 'Order_Paid',
          detail: { paidTime: '2026-07-06T10:01:01+08:00' },
        }),
      {
        ...PAID_ON_WIRE,
        collection: { state: 'USER_PAID', details: [{ paid_type: 'MCH' }] },
      },
      {
        appid: IDS.appid,
        service_id: IDS.serviceId,
        type: 'Order_Paid',
        detail: { paid_time: '20260706100101' },
      },
    ],
  ])('%s: the number is in the path only', async (_, path, call, reply, body, order) => {
    const request = await sent(reply, call, order);
    expect([request.method, request.target]).toEqual(['POST', `${ORDERS}/S1/${path}`]);
    expect(request.body).toEqual(body);
  });

  test('a create and complete in one sends each documented field, and the number in the body', async () => {
    const order = { ...COMPLETED_ON_WIRE, openid: WHOLE_DIRECT_COMPLETE.openid };
    const call = () =>
      wechat().serviceOrders.directComplete.send({
        ...WHOLE_DIRECT_COMPLETE,
        riskFund: WHOLE_SERVICE_ORDER.riskFund,
        needUserConfirm: false,
      } as never);
    const { method, target, body } = await sent(DIRECTLY_COMPLETED_ON_WIRE, call, order);
    expect([method, target]).toEqual(['POST', `${ORDERS}/direct-complete`]);
    const { time_range, location, attach, notify_url, openid } = WHOLE_SERVICE_ORDER_WIRE;
    expect(body).toEqual({
      out_order_no: 'S1',
      appid: IDS.appid,
      service_id: IDS.serviceId,
      service_introduction: '某某酒店',
      post_payments: [payment],
      post_discounts: [discount],
      total_amount: 39_900,
      time_range,
      location,
      profit_sharing: true,
      goods_tag: 'goods_tag',
      attach,
      notify_url,
      openid,
    });
  });

  test.each(['2026-07-06T10:00:00+08:00', 'OnAccept', '20260706100000'])(
    'the day of a message cannot be %s, and nothing is sent',
    async (prepaidTime) => {
      seen = undefined;
      const request = { ...WHOLE_MESSAGE, prepaidTime };
      const call = wechat().serviceOrders.sendPrepaidMessage.send(request);
      await expect(call).rejects.toThrow(RangeError);
      expect(seen).toBeUndefined();
    },
  );

  test.each<[string, object, string]>([
    ['out_order_no', { outOrderNo: 'S|1' }, 'out_order_no=S%7C1'],
    ['query_id', { queryId: '15646' }, 'query_id=15646'],
  ])('a query by %s has only that key', async (_, key, text) => {
    const reply = { ...CREATED_ON_WIRE, out_order_no: 'S|1' };
    const { method, target } = await sent(reply, () =>
      wechat().serviceOrders.query({ ...IDS, ...key } as never),
    );
    expect([method, target]).toEqual([
      'GET',
      `${ORDERS}?service_id=${IDS.serviceId}&${text}&appid=${IDS.appid}`,
    ]);
  });
});

test('each field of a response is read under its camelCase name', async () => {
  const { result } = await sent(PAID_ON_WIRE, () => wechat().serviceOrders.query(S1));
  expect(result).toEqual(PAID);
});

test('coupons are read wherever a source has them, and a create is read with its package', async () => {
  const { details, ...collection } = PAID_ON_WIRE.collection;
  const [{ promotion_detail, ...detail } = {}] = details;
  const reply = {
    ...PAID_ON_WIRE,
    collection: { ...collection, details: [detail], promotion_detail },
    promotion_detail,
  };
  const { result } = await sent(reply, () => wechat().serviceOrders.query(S1));
  expect(result).toMatchObject({
    collection: { details: [{ promotionDetail: null }], promotionDetail: PROMOTIONS },
    promotionDetail: PROMOTIONS,
  });
  const created = await sent({ ...CREATED_ON_WIRE, package: 'p' }, () =>
    wechat().serviceOrders.create.send(aServiceOrder()),
  );
  expect(created.result).toMatchObject({ package: 'p', state: 'CREATED', outOrderNo: 'S1' });
});

test('an amount that arrives as text is read as a number, and an empty detail as one without values', async () => {
  const reply = {
    ...COMPLETED_ON_WIRE,
    total_amount: '39900',
    collection: { state: 'USER_PAYING', details: [{}] },
  };
  const { result } = await sent(reply, () => wechat().serviceOrders.query(S1));
  expect(result).toMatchObject({
    totalAmount: 39_900,
    collection: { state: 'USER_PAYING', details: [{ seq: null, amount: null }] },
  });
});
