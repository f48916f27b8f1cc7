import { expect, test } from 'vitest';
import type { WechatPay } from '../../../src/wechat/index.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { anOrder, IDS, MCHID } from '../../fixtures/wechat/orders.ts';
import {
  answerTo,
  clientOf,
  PUBLIC_KEY_ID,
  startSdkUpstream,
} from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);

/**
 * Makes a call to an upstream with this response, and returns which fields could not be read.
 * @param shown the answer to a query, if that is not the call
 */
async function ask<T>(body: string, call: (wechat: WechatPay) => Promise<T>, shown?: string) {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method }) => ({
    body: method === 'POST' ? body : (shown ?? body),
  }));
  const unreadable: string[] = [];
  const onUnreadableField = (field: string) => unreadable.push(field);
  const wechat = clientOf(upstream.url, merchant, wechatKey, { onUnreadableField });
  const answer = await call(wechat);
  await wechat.close();
  return { answer, unreadable };
}

/** The order as a query shows it, which confirms a create that is answered without launch fields. */
const SHOWN = {
  state: 'CREATED',
  service_start_time: 'OnAccept',
  service_start_location: '北京西站',
  service_introduction: '充电宝租借',
  risk_amount: 9900,
};
const create = (body: string, outOrderNo = 'A1') =>
  ask(
    body,
    (wechat) => wechat.createPayAfterOrder(anOrder({ outOrderNo })),
    answerTo(outOrderNo, SHOWN),
  );
const query = (fields: object) =>
  ask(answerTo('A1', fields), (wechat) => wechat.queryPayAfterOrder({ ...IDS, outOrderNo: 'A1' }));

const LAUNCH = {
  order_id: '15646546545165651651',
  miniprogram_businesstype: 'wxpayScoreUse',
  miniprogram_appid: 'wxd8f3793ea3b935b8',
  miniprogram_path: 'pages/use/use',
  miniprogram_username: 'gh_0123456789ab',
  package: 'AAQTtQEAAAABAAAAAAAZSjZ6r',
};

test('each of the 10 fields of the response to a create is read under its own name', async () => {
  const { answer, unreadable } = await create(answerTo('A1', LAUNCH));
  expect(answer).toEqual({
    ...IDS,
    mchid: MCHID,
    outOrderNo: 'A1',
    orderId: '15646546545165651651',
    miniprogramBusinesstype: 'wxpayScoreUse',
    miniprogramAppid: 'wxd8f3793ea3b935b8',
    miniprogramPath: 'pages/use/use',
    miniprogramUsername: 'gh_0123456789ab',
    package: 'AAQTtQEAAAABAAAAAAAZSjZ6r',
  });
  expect(Object.keys(answer)).toHaveLength(10);
  expect(unreadable).toEqual([]);
});

test('missing launch fields are null, and not reported as unreadable', async () => {
  const { answer, unreadable } = await create(answerTo('A1', { order_id: null }));
  expect(answer).toEqual({
    ...IDS,
    mchid: MCHID,
    outOrderNo: 'A1',
    orderId: null,
    miniprogramBusinesstype: null,
    miniprogramAppid: null,
    miniprogramPath: null,
    miniprogramUsername: null,
    package: null,
  });
  expect(unreadable).toEqual([]);
});

const WHOLE = {
  state: 'USER_PAID',
  finish_type: 1,
  service_start_time: '20990705173549',
  service_end_time: '20990706',
  real_service_start_time: '20990705173550',
  real_service_end_time: '20990706000001',
  pay_succ_time: '20990706000002',
  service_start_location: '北京西站',
  service_end_location: '上海虹桥站',
  real_service_start_location: '北京南站',
  real_service_end_location: '上海站',
  service_introduction: '充电宝租借',
  fees: [{ fee_name: '就餐费用', fee_count: 4, fee_amount: 4000, fee_desc: '人均' }],
  discounts: [{ discount_name: '满20减1元', discount_amount: 100, discount_desc: '不叠加' }],
  risk_amount: 50_000,
  total_amount: 3900,
  attach: '附加',
  finish_ticket: 'ticket',
  finish_transaction_id: '15646546545165651651',
  pay_type: 'Autonym',
};

test('each of the 24 fields of the response to a query is read under its own name', async () => {
  const { answer, unreadable } = await query(WHOLE);
  expect(answer).toEqual({
    ...IDS,
    mchid: MCHID,
    outOrderNo: 'A1',
    state: 'USER_PAID',
    finishType: 1,
    serviceStartTime: '2099-07-05T17:35:49+08:00',
    serviceEndTime: '2099-07-06',
    realServiceStartTime: '2099-07-05T17:35:50+08:00',
    realServiceEndTime: '2099-07-06T00:00:01+08:00',
    paySuccTime: '2099-07-06T00:00:02+08:00',
    serviceStartLocation: '北京西站',
    serviceEndLocation: '上海虹桥站',
    realServiceStartLocation: '北京南站',
    realServiceEndLocation: '上海站',
    serviceIntroduction: '充电宝租借',
    fees: [{ feeName: '就餐费用', feeCount: 4, feeAmount: 4000, feeDesc: '人均' }],
    discounts: [{ discountName: '满20减1元', discountAmount: 100, discountDesc: '不叠加' }],
    riskAmount: 50_000,
    totalAmount: 3900,
    attach: '附加',
    finishTicket: 'ticket',
    finishTransactionId: '15646546545165651651',
    payType: 'Autonym',
  });
  expect(Object.keys(answer ?? {})).toHaveLength(24);
  expect(unreadable).toEqual([]);
});

test('omitted fields of a query are null, and new ones are ignored', async () => {
  const { answer, unreadable } = await query({ state: 'CREATED', brand_new: { a: 1 } });
  const { appid, serviceId, mchid, outOrderNo, state, ...others } = answer ?? {};
  const given = { appid, serviceId, mchid, outOrderNo, state };
  expect(given).toEqual({ ...IDS, mchid: MCHID, outOrderNo: 'A1', state: 'CREATED' });
  expect(new Set(Object.values(others))).toEqual(new Set([null]));
  expect(Object.keys(others)).toHaveLength(19);
  expect(unreadable).toEqual([]);
});

test('numbers may arrive as text, and text as numbers', async () => {
  const fees = [{ fee_name: '费', fee_count: '4', fee_amount: '4000' }];
  const { answer, unreadable } = await query({
    ...WHOLE,
    fees,
    risk_amount: '50000',
    total_amount: '0',
    finish_type: '2',
    attach: 17,
  });
  expect(answer).toMatchObject({
    riskAmount: 50_000,
    totalAmount: 0,
    finishType: 2,
    attach: '17',
    fees: [{ feeName: '费', feeCount: 4, feeAmount: 4000, feeDesc: null }],
  });
  expect(unreadable).toEqual([]);
});

test('unreadable fields are null, and reported without their values', async () => {
  const { answer, unreadable } = await query({
    ...WHOLE,
    risk_amount: 'secret',
    total_amount: -1,
    finish_type: 1.5,
    service_end_time: '20260230',
    attach: { secret: 1 },
    discounts: 'secret',
    fees: [{ fee_name: 'a', fee_count: 'secret' }, 'secret', { fee_name: 'b' }],
  });
  expect(answer).toMatchObject({
    riskAmount: null,
    totalAmount: null,
    finishType: null,
    serviceEndTime: null,
    attach: null,
    discounts: null,
    fees: [{ feeName: 'a', feeCount: null }, { feeName: 'b' }],
  });
  expect(unreadable.toSorted()).toEqual([
    'attach',
    'discounts',
    'fees[0].fee_count',
    'fees[1]',
    'finish_type',
    'risk_amount',
    'service_end_time',
    'total_amount',
  ]);
});

test('the authorization state is read with the ids of the response', async () => {
  const { appid, serviceId } = IDS;
  const body = { appid, service_id: serviceId, use_service_state: 'AVAILABLE' };
  const { answer } = await ask(JSON.stringify(body), (wechat) =>
    wechat.queryUserServiceState({ ...IDS, openid: 'o' }),
  );
  expect(answer).toEqual({ ...IDS, openid: null, useServiceState: 'AVAILABLE' });
});
