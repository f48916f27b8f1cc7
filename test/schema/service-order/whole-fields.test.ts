import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import {
  type ServiceOrderWriteName,
  writeServiceOrder,
} from '../../fixtures/app/service-order-operations.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { MCHID, MERCHANT_SERIAL } from '../../fixtures/wechat/orders.ts';
import { PUBLIC_KEY_ID, startSdkUpstream } from '../../fixtures/wechat/sdk-upstream.ts';
import {
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  IDS_ON_WIRE,
  PAID,
  PAID_ON_WIRE,
  WHOLE_COMPLETE,
  WHOLE_SERVICE_ORDER,
  WHOLE_SERVICE_ORDER_WIRE,
} from '../../fixtures/wechat/service-orders.ts';

/*
 * GraphQL in front of a WeChat Pay that is made of the primitives of the SDK: each field of an input
 * is sent under WeChat Pay's name, and each field of an order is shown.
 */

let fixture: AppWithClient;
let stop = () => Promise.resolve();
/** What a write is answered, and a query. */
let answer: JsonObject = {};
let shown: JsonObject = {};
let sent: unknown;

beforeAll(async () => {
  const [merchant, wechatKey] = [rsaKeys(), rsaKeys()];
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  const upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method, body }) => {
    if (method === 'GET') {
      return { body: JSON.stringify(shown) };
    }
    sent = JSON.parse(`${body}`);
    return { body: JSON.stringify(answer) };
  });
  fixture = await createAppWithClient({
    wechat: {
      mchid: MCHID,
      merchantSerial: MERCHANT_SERIAL,
      merchantKey: merchant.privatePem,
      publicKeyId: PUBLIC_KEY_ID,
      publicKey: wechatKey.publicPem,
      baseUrl: upstream.url,
    },
  });
  stop = async () => {
    await fixture.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

const { appid, service_id } = IDS_ON_WIRE;
const payment = { name: '房费', amount: 40_000, description: '一晚', count: 1 };
const discount = { name: '满20减1元', description: '不与其他优惠叠加', amount: 100, count: 1 };
const { device } = WHOLE_SERVICE_ORDER_WIRE;
/** The configured ones are sent. */
const NO_IDS = { appid: undefined, serviceId: undefined };
const complete = { ...WHOLE_COMPLETE, ...NO_IDS };
const create = { ...WHOLE_SERVICE_ORDER, ...NO_IDS };
const order = { ...COMPLETED_ON_WIRE, total_amount: 39_900 };
const paying = { state: 'USER_PAYING', total_amount: 39_800 };
const input = (name: string) => ({ outOrderNo: name });

const WRITES: readonly [ServiceOrderWriteName, JsonObject, JsonObject, JsonObject, JsonObject?][] =
  [
    [
      'create',
      { ...create, outOrderNo: 'create' },
      { ...PAID_ON_WIRE, state: 'DOING', state_description: 'USER_CONFIRM', package: 'p' },
      { ...WHOLE_SERVICE_ORDER_WIRE, out_order_no: 'create' },
    ],
    [
      'complete',
      { ...complete, outOrderNo: 'complete' },
      order,
      {
        ...{ appid, service_id, post_payments: [payment], post_discounts: [discount] },
        total_amount: 39_900,
        time_range: { start_time: '20260705173549', end_time: '20260706100000' },
        location: { start_location: '嗨客时尚主题展餐厅', end_location: '深圳北站' },
        ...{ profit_sharing: false, goods_tag: 'goods_tag', device },
      },
    ],
    [
      'modify',
      {
        ...input('modify'),
        postPayments: [{ ...payment, amount: 39_900 }],
        postDiscounts: [discount],
        totalAmount: 39_800,
        reason: '用户投诉',
        device: WHOLE_COMPLETE.device,
      },
      { ...order, total_amount: 39_800, collection: paying },
      {
        ...{ appid, service_id, post_payments: [{ ...payment, amount: 39_900 }] },
        ...{ post_discounts: [discount], total_amount: 39_800, reason: '用户投诉', device },
      },
    ],
    [
      'cancel',
      { ...input('cancel'), reason: '用户投诉' },
      { ...IDS_ON_WIRE, order_id: CREATED_ON_WIRE.order_id },
      { appid, service_id, reason: '用户投诉' },
      { ...CREATED_ON_WIRE, state: 'REVOKED' },
    ],
    [
      'collect',
      input('collect'),
      { ...IDS_ON_WIRE, order_id: CREATED_ON_WIRE.order_id },
      { appid, service_id },
      order,
    ],
    [
      'sync',
      {
        ...input('sync'),
        type: 'ORDER_PAID',
        detail: { paidTime: '2026-07-06T10:01:01+08:00' },
      },
      {
        ...order,
        state: 'DONE',
        collection: { state: 'USER_PAID', details: [{ paid_type: 'MCH' }] },
      },
      { appid, service_id, type: 'Order_Paid', detail: { paid_time: '20260706100101' } },
    ],
  ];

test.each(WRITES)(
  '%sServiceOrder sends each field of its input under WeChat Pay’s name, and nothing else',
  async (name, given, reply, wire, order) => {
    answer = { ...reply, out_order_no: name };
    shown = { ...(order ?? reply), out_order_no: name };
    sent = undefined;
    const result = await writeServiceOrder(fixture, name, given);
    expect(sent).toEqual(wire);
    expect(result).toMatchObject({ outOrderNo: name, replayed: false });
  },
);

test('serviceOrder shows each field of an order that WeChat Pay sends', async () => {
  shown = PAID_ON_WIRE;
  const promotion = `couponId name scope type amount stockId wechatpayContribute
    merchantContribute otherContribute currency`;
  const found = await fixture.run(`{ serviceOrder(by: { outOrderNo: "S1" }) {
    mchid appid serviceId outOrderNo serviceIntroduction totalAmount orderId stateRaw
    stateDescriptionRaw postPayments { name amount description count }
    postDiscounts { name amount description count } riskFund { nameRaw amount description }
    timeRange { startTime startTimeRemark endTime endTimeRemark }
    location { startLocation endLocation } attach notifyUrl openid needCollection
    collection { stateRaw totalAmount payingAmount paidAmount
      details { seq amount paidTypeRaw paidTime transactionId promotionDetail { ${promotion} } } }
  } }`);
  const { state, stateDescription, riskFund, collection, promotionDetail: _, ...others } = PAID;
  const [detail] = collection?.details ?? [];
  const { goodsDetail: __, ...coupon } = detail?.promotionDetail?.[0] ?? { goodsDetail: null };
  expect(at(found, 'data', 'serviceOrder')).toEqual({
    ...others,
    stateRaw: state,
    stateDescriptionRaw: stateDescription,
    riskFund: { nameRaw: riskFund?.name, amount: 50_000, description: '押金' },
    collection: {
      stateRaw: 'USER_PAID',
      totalAmount: 39_900,
      payingAmount: 0,
      paidAmount: 39_900,
      details: [
        {
          seq: detail?.seq,
          amount: detail?.amount,
          paidTypeRaw: detail?.paidType,
          paidTime: detail?.paidTime,
          transactionId: detail?.transactionId,
          promotionDetail: [coupon],
        },
      ],
    },
  });
});
