import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/wechat/codec/codec.ts';
import { payAfterOrder } from '../../../src/wechat/codec/wire-types.ts';
import { sameOrder } from '../../../src/wechat/endpoints/write-outcome.ts';
import type { CreatePayAfterOrderRequest, PayAfterOrder } from '../../../src/wechat/index.ts';
import { anOrder, aWholeOrder, IDS, MCHID } from '../../fixtures/wechat/orders.ts';

const BASE = { appid: IDS.appid, service_id: IDS.serviceId, mchid: MCHID, state: 'CREATED' };

/** What a query shows of the whole order. */
const WHOLE = {
  service_start_time: '20990705173549',
  service_end_time: '20990706',
  service_start_location: '北京西站',
  service_end_location: '上海虹桥站',
  service_introduction: '充电宝租借',
  fees: [
    { fee_name: '就餐费用', fee_count: 4, fee_amount: 4000, fee_desc: '就餐人均100元' },
    { fee_name: '服务费', fee_desc: '按小时' },
  ],
  discounts: [{ discount_name: '满20减1元', discount_desc: '不与其他优惠叠加' }],
  risk_amount: 50_000,
} as const;
const [FEE, OTHER_FEE] = WHOLE.fees;
const [DISCOUNT] = WHOLE.discounts;

function shown(wire: object): PayAfterOrder {
  const order = decode(payAfterOrder, { ...BASE, out_order_no: 'A1', ...wire }, () => {});
  if (order === undefined) {
    throw new Error('the order is whole');
  }
  return order;
}

const same = (wire: object, sent: CreatePayAfterOrderRequest = aWholeOrder()) =>
  sameOrder(sent, shown(wire));

test('an order that shows the sent values is the same', () => {
  expect(same(WHOLE)).toBe(true);
});

test('values that the response omits are not compared', () => {
  expect(same({})).toBe(true);
  for (const name of Object.keys(WHOLE)) {
    expect(same({ ...WHOLE, [name]: undefined })).toBe(true);
  }
});

test('values that a query adds, and personal data, are not compared', () => {
  const later = { state: 'USER_PAID', total_amount: 1, real_service_end_location: '天津' };
  expect(same({ ...WHOLE, ...later, attach: 'rewritten' })).toBe(true);
  expect(same(WHOLE, aWholeOrder({ name: '李四', phone: null, openid: null }))).toBe(true);
});

test.each<[string, object]>([
  ['risk amount', { risk_amount: 50_001 }],
  ['start', { service_start_time: '20990705173550' }],
  ['end', { service_end_time: '20990707' }],
  ['place of start', { service_start_location: '北京南站' }],
  ['place of end', { service_end_location: '上海站' }],
  ['introduction', { service_introduction: '雨伞租借' }],
  ['number of fees', { fees: [FEE] }],
  ['fee', { fees: [{ ...FEE, fee_amount: 4001 }, OTHER_FEE] }],
  ['count of a fee', { fees: [{ ...FEE, fee_count: 5 }, OTHER_FEE] }],
  ['name of a fee', { fees: [{ ...FEE, fee_name: '住宿' }, OTHER_FEE] }],
  ['text of a fee', { fees: [{ ...FEE, fee_desc: '人均' }, OTHER_FEE] }],
  ['number of discounts', { discounts: [] }],
  ['name of a discount', { discounts: [{ ...DISCOUNT, discount_name: '满30减1元' }] }],
  ['text of a discount', { discounts: [{ ...DISCOUNT, discount_desc: '可叠加' }] }],
])('an order with another %s is a different order', (_, changes) => {
  expect(same({ ...WHOLE, ...changes })).toBe(false);
});

test.each<[string, object]>([
  ['an end', { service_end_time: '20990706' }],
  ['a place of end', { service_end_location: '上海虹桥站' }],
  ['a fee', { fees: [FEE] }],
  ['a discount', { discounts: [DISCOUNT] }],
])('an order with %s is not the same as one that was sent without it', (_, changes) => {
  expect(same(changes, anOrder())).toBe(false);
});

test('the sequence of lists is not compared, and an empty list equals a missing one', () => {
  expect(same({ ...WHOLE, fees: [OTHER_FEE, FEE] })).toBe(true);
  expect(same({ fees: [], discounts: [] }, anOrder())).toBe(true);
});

test('a fee that was sent without count and amount may show 1 and 0', () => {
  const filled = { ...OTHER_FEE, fee_count: 1, fee_amount: 0 };
  expect(same({ ...WHOLE, fees: [FEE, filled] })).toBe(true);
  expect(same({ ...WHOLE, fees: [FEE, { ...filled, fee_count: 2 }] })).toBe(false);
  expect(same({ ...WHOLE, fees: [FEE, { ...filled, fee_amount: 1 }] })).toBe(false);
});

describe('a time', () => {
  test.each(['OnAccept', '20990705173549', '20200101', undefined])(
    'OnAccept matches any start: %o',
    (service_start_time) => {
      expect(same({ service_start_time }, anOrder({ serviceStartTime: 'OnAccept' }))).toBe(true);
    },
  );

  test('a time that was sent does not match OnAccept', () => {
    expect(same({ ...WHOLE, service_start_time: 'OnAccept' })).toBe(false);
  });

  test.each([
    '2099-07-05T17:35:49+08:00',
    '2099-07-05T09:35:49Z',
    '2099-07-05T04:35:49-05:00',
    '20990705173549',
  ])('a time is the same in another form: %s', (serviceStartTime) => {
    expect(same(WHOLE, aWholeOrder({ serviceStartTime }))).toBe(true);
  });

  test.each(['2099-07-06', '20990706', '20990706000000', '2099-07-05T16:00:00Z'])(
    'a day matches its first second: %s',
    (serviceEndTime) => {
      expect(same(WHOLE, aWholeOrder({ serviceEndTime }))).toBe(true);
      expect(
        same({ ...WHOLE, service_end_time: '20990706000000' }, aWholeOrder({ serviceEndTime })),
      ).toBe(true);
    },
  );
});
