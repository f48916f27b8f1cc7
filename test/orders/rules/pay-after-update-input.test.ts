import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { type ChangeName, change, completeInput } from '../../fixtures/app/order-operations.ts';
import { at, type JsonObject, listAt } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
let confirmedOnly: AppWithSandbox;
beforeAll(async () => {
  [fixture, confirmedOnly] = await Promise.all([
    createAppWithSandbox(),
    createAppWithSandbox({ resources: { inputRules: 'confirmed' } }),
  ]);
});
beforeEach(() => fixture.resetCalls());
afterAll(() => Promise.all([fixture.close(), confirmedOnly.close()]));

/** Fields and codes of all issues of a change that must not be sent. */
async function issues(name: ChangeName, input: JsonObject): Promise<readonly string[]> {
  const outcome = await change(fixture, name, input);
  expect(outcome).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
  expect(fixture.calls()).toEqual([]);
  return listAt(outcome, 'issues').map(
    (issue) => `${listAt(issue, 'path').join('.')} ${String(at(issue, 'code'))}`,
  );
}

const unused = {
  outOrderNo: 'A1',
  finishType: 'UNUSED',
  totalAmount: 0,
  cancelReason: '未使用',
};
const fee = { feeName: '租金', feeAmount: 1200 };

test.each([
  ['more than the fees', { totalAmount: 1201 }],
  ['less than the fees', { totalAmount: 1199 }],
  ['without a fee', { fees: null, cancelReason: '免单' }],
  ['the fees, but with a discount', { discounts: [{ discountName: '减', discountAmount: 1 }] }],
])('a totalAmount that is %s is refused before anything is sent', async (_what, changes) => {
  expect(await issues('complete', completeInput('A1', changes))).toEqual([
    'totalAmount OUT_OF_RANGE',
  ]);
});

test.each([-1, 1.5, 9_007_199_254_740_992])(
  'a totalAmount of %s is refused',
  async (totalAmount) => {
    const fees = [{ feeName: '租金', feeAmount: totalAmount }];
    expect(await issues('complete', completeInput('A1', { totalAmount, fees }))).toContain(
      'totalAmount OUT_OF_RANGE',
    );
  },
);

test.each([
  ['a total other than 0', { totalAmount: 1 }, 'totalAmount OUT_OF_RANGE'],
  ['no reason', { cancelReason: null }, 'cancelReason REQUIRED'],
  ['an empty reason', { cancelReason: '' }, 'cancelReason REQUIRED'],
  ['a place', { realServiceEndLocation: '上海' }, 'realServiceEndLocation NOT_ALLOWED'],
])('UNUSED with %s is refused', async (_what, changes, issue) => {
  expect(await issues('complete', { ...unused, ...changes })).toEqual([issue]);
});

test.each<[string, ChangeName, JsonObject, readonly string[]]>([
  ['an unreadable number', 'complete', { outOrderNo: 'a b' }, ['outOrderNo BAD_CHARACTER']],
  ['a long ticket', 'complete', { finishTicket: 'x'.repeat(513) }, ['finishTicket TOO_LONG']],
  [
    'fees of one name',
    'complete',
    { fees: [{ ...fee, feeAmount: 0 }, fee] },
    ['fees.1.feeName NOT_UNIQUE'],
  ],
  [
    '101 fees',
    'complete',
    { fees: [fee, ...Array.from({ length: 100 }, (_, i) => ({ feeName: `${i}`, feeAmount: 0 }))] },
    ['fees TOO_MANY'],
  ],
  [
    'an end before the start',
    'complete',
    { realServiceStartTime: '20190705173549', realServiceEndTime: '20190705173549' },
    ['realServiceEndTime OUT_OF_RANGE'],
  ],
  [
    'a plain date',
    'complete',
    { realServiceEndTime: '2019-07-06' },
    ['realServiceEndTime BAD_FORMAT'],
  ],
])('a complete with %s is refused', async (_what, name, changes, expected) => {
  expect(await issues(name, completeInput('A1', changes))).toEqual(expected);
});

test('all invalid fields of a complete are reported together, without their values', async () => {
  const input = completeInput('号 码', {
    totalAmount: -7,
    cancelReason: '😀'.repeat(31),
    discounts: Array.from({ length: 5 }, () => ({ discountName: '', discountAmount: -1 })),
  });
  const answer = JSON.stringify(await change(fixture, 'complete', input));
  for (const issue of ['outOrderNo', 'totalAmount', 'cancelReason', 'discounts', 'discountName']) {
    expect(answer).toContain(issue);
  }
  expect(answer).not.toMatch(/号 码|-7|😀/);
});

test.each([
  ['no reason', '', 'reason REQUIRED'],
  ['51 characters', '由'.repeat(51), 'reason TOO_LONG'],
  ['an emoji', '😀', 'reason BAD_CHARACTER'],
])('a cancel with %s is refused', async (_what, reason, issue) => {
  expect(await issues('cancel', { outOrderNo: 'A1', reason })).toEqual([issue]);
});

test.each<[ChangeName, JsonObject]>([
  ['complete', completeInput('A1', { finishTicket: 'T\0' })],
  ['cancel', { outOrderNo: 'A1', reason: '停用' }],
  ['sync', { outOrderNo: 'A1', type: 'ORDER_PAID', detail: { paidTime: '20190705173549' } }],
])('the ids of a %s follow the rules of a create', async (name, input) => {
  const ids = { appid: '😀', serviceId: 'S'.repeat(33) };
  const ticket = name === 'complete' ? ['finishTicket BAD_CHARACTER'] : [];
  expect((await issues(name, { ...input, ...ids })).toSorted()).toEqual([
    'appid BAD_CHARACTER',
    ...ticket,
    'serviceId TOO_LONG',
  ]);
});

test.each([
  '2019-07-06',
  '20190706',
  'OnAccept',
  'yesterday',
  '2019-07-05T17:35:49',
  '20190230000000',
])('a sync with the paidTime %s is refused', async (paidTime) => {
  const input = { outOrderNo: 'A1', type: 'ORDER_PAID', detail: { paidTime } };
  expect(await issues('sync', input)).toEqual(['detail.paidTime BAD_FORMAT']);
});

test.each(['.', '..'])(
  'the order number %j is always refused, because servers remove it from a path',
  async (outOrderNo) => {
    const cancel = { outOrderNo, reason: '停用' };
    for (const one of [fixture, confirmedOnly]) {
      expect(await change(one, 'cancel', cancel)).toMatchObject({
        issues: [{ path: ['outOrderNo'], code: 'BAD_CHARACTER' }],
      });
      expect(
        await one.run('query ($by: PayAfterOrderKey!) { payAfterOrder(by: $by) { state } }', {
          by: { outOrderNo },
        }),
      ).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    }
  },
);

test('INPUT_RULES=confirmed accepts what only analogies forbid, and refuses the rest', async () => {
  const analogies = completeInput('A1', {
    totalAmount: 5,
    fees: [{ feeName: '租金', feeAmount: 6 }],
  });
  const confirmed = { ...unused, cancelReason: null, totalAmount: 1 };
  expect(await change(confirmedOnly, 'complete', analogies)).toMatchObject({
    code: 'ORDER_NOT_FOUND',
  });
  expect(await change(confirmedOnly, 'complete', confirmed)).toMatchObject({
    issues: [{ path: ['totalAmount'] }],
  });
});
