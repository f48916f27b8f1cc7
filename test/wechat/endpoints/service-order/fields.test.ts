import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WechatPay } from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../../fixtures/wechat/orders.ts';
import {
  clientOf,
  PUBLIC_KEY_ID,
  type Seen,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import {
  aServiceOrder,
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  PAID_ON_WIRE,
  WHOLE_COMPLETE,
  WHOLE_SERVICE_ORDER,
  WHOLE_SERVICE_ORDER_WIRE,
} from '../../../fixtures/wechat/service-orders.ts';

const S1 = { ...IDS, outOrderNo: 'S1' };
const ORDERS = '/v3/payscore/serviceorder';
const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);

let answer: object = {};
let seen: Seen | undefined;
let client: WechatPay | undefined;
let stop = () => Promise.resolve();
const wechat = () => client ?? raise();
const raise = () => {
  throw new Error('the client exists from beforeAll to afterAll');
};

beforeAll(async () => {
  const upstream = await startSdkUpstream(merchant.publicPem, signers, (request) => {
    seen ??= request;
    return { body: JSON.stringify(answer) };
  });
  client = clientOf(upstream.url, merchant, wechatKey);
  stop = async () => {
    await client?.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

/** The first request of the call, which is answered with this. */
async function sent(reply: object, call: () => Promise<unknown>) {
  answer = reply;
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

  test.each<[string, string, () => Promise<unknown>, object, object]>([
    [
      'complete',
      'complete',
      () => wechat().serviceOrders.complete.send(WHOLE_COMPLETE),
      COMPLETED_ON_WIRE,
      {
        appid: IDS.appid,
        service_id: IDS.serviceId,
        post_payments: [{ name: '房费', amount: 40_000, description: '一晚', count: 1 }],
        post_discounts: [
          { name: '满20减1元', description: '不与其他优惠叠加', amount: 100, count: 1 },
        ],
        total_amount: 39_900,
        time_range: { start_time: '20260705173549', end_time: '20260706100000' },
        location: { start_location: '嗨客时尚主题展餐厅', end_location: '深圳北站' },
        profit_sharing: false,
        goods_tag: 'goods_tag',
        device: {
          start_device_id: 'HG123456',
          end_device_id: 'HG123457',
          materiel_no: 'https://d.example/1',
        },
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
      },
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
  ])('%s: the number stands in the path only', async (_, path, call, reply, body) => {
    const request = await sent(reply, call);
    expect([request.method, request.target]).toEqual(['POST', `${ORDERS}/S1/${path}`]);
    expect(request.body).toEqual(body);
  });

  test.each<[string, object, string]>([
    ['out_order_no', { outOrderNo: 'S|1' }, 'out_order_no=S%7C1'],
    ['query_id', { queryId: '15646' }, 'query_id=15646'],
  ])('a query by %s has that key alone', async (_, key, text) => {
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
  expect(result).toEqual({
    ...S1,
    mchid: MCHID,
    serviceIntroduction: '某某酒店',
    state: 'DONE',
    stateDescription: null,
    totalAmount: 39_900,
    postPayments: [{ name: '房费', amount: 40_000, description: '一晚', count: 1 }],
    postDiscounts: [{ name: '满20减1元', description: '不与其他优惠叠加', amount: 100, count: 1 }],
    riskFund: { name: 'DEPOSIT', amount: 50_000, description: '押金' },
    timeRange: {
      startTime: '2026-07-05T17:35:49+08:00',
      endTime: '2026-07-06T10:00:00+08:00',
      startTimeRemark: '入住',
      endTimeRemark: '离店',
    },
    location: { startLocation: '嗨客时尚主题展餐厅', endLocation: '深圳北站' },
    attach: 'attach',
    notifyUrl: 'https://shop.example/wechat/notify',
    orderId: '15646546545165651651',
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    needCollection: true,
    collection: {
      state: 'USER_PAID',
      totalAmount: 39_900,
      payingAmount: 0,
      paidAmount: 39_900,
      bankType: 'CMB_DEBIT',
      details: [
        {
          seq: 1,
          amount: 39_900,
          paidType: 'NEWTON',
          paidTime: '2026-07-06T10:01:01+08:00',
          transactionId: '4200202611231172253311570008',
          promotionDetail: [
            {
              couponId: '1',
              name: '单品惠',
              scope: 'SINGLE',
              type: 'CASH',
              amount: 100,
              stockId: '2',
              wechatpayContribute: 100,
              merchantContribute: 0,
              otherContribute: 0,
              currency: 'CNY',
              goodsDetail: [
                {
                  goodsId: '1001',
                  quantity: 1,
                  unitPrice: 39_900,
                  discountAmount: 100,
                  goodsRemark: '商品备注',
                },
              ],
            },
          ],
        },
      ],
    },
  });
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
