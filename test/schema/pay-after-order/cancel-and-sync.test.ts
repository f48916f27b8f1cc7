import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import {
  acceptedOrder,
  change,
  completeInput,
  create,
  finishedOrder,
  syncInput,
} from '../../fixtures/app/order-operations.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { at, textAt } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(() => fixture.resetCalls());
afterAll(() => fixture.close());

const shownState = async (outOrderNo: string) =>
  at(
    await fixture.run(`{ payAfterOrder(by: { outOrderNo: "${outOrderNo}" }) { state payType } }`),
    'data',
    'payAfterOrder',
  );
const bodiesOf = (kind: 'cancel' | 'sync') =>
  fixture.calls(kind).map(({ bodySha256 }) => bodySha256);

test('a cancel returns the ids of the order, and the order is REVOKED', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  expect(
    await change(fixture, 'cancel', { outOrderNo, reason: '用户投诉' }, 'order { state }'),
  ).toEqual({
    __typename: 'CancelPayAfterOrderPayload',
    appid: 'wxd678efh567hg6787',
    mchid: '1230000109',
    outOrderNo,
    serviceId: '500001',
    orderId: expect.stringMatching(/^\d+$/),
    order: { state: 'REVOKED' },
  });
});

test('a repeated cancel succeeds with the same bytes, and another reason is a conflict', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const first = await change(fixture, 'cancel', { outOrderNo, reason: '用户投诉' });
  expect(await change(fixture, 'cancel', { outOrderNo, reason: '用户投诉' })).toEqual(first);
  const [one, ...others] = bodiesOf('cancel');
  expect(others).toEqual([one]);
  fixture.resetCalls();
  expect(await change(fixture, 'cancel', { outOrderNo, reason: '测试' })).toEqual({
    __typename: 'OrderConflictError',
    code: 'ORDER_CONFLICT',
    outOrderNo,
  });
  expect(fixture.calls()).toEqual([]);
});

test('a sync returns the ids, including the serviceId, and the order is USER_PAID through another channel', async () => {
  const outOrderNo = await finishedOrder(fixture);
  const input = await syncInput(fixture, outOrderNo);
  expect(await change(fixture, 'sync', input)).toEqual({
    __typename: 'SyncPayAfterOrderPayload',
    appid: 'wxd678efh567hg6787',
    mchid: '1230000109',
    outOrderNo,
    serviceId: '500001',
    orderId: expect.stringMatching(/^\d+$/),
  });
  expect(await shownState(outOrderNo)).toEqual({
    state: 'USER_PAID',
    payType: 'MchChannelPayType',
  });
});

test('a repeated sync succeeds with the same bytes in every form of the time', async () => {
  const outOrderNo = await finishedOrder(fixture);
  const input = await syncInput(fixture, outOrderNo);
  const first = await change(fixture, 'sync', input);
  const digits = textAt(input, 'detail', 'paidTime').slice(0, 19).replace(/\D/g, '');
  const again = await change(fixture, 'sync', { ...input, detail: { paidTime: digits } });
  expect(again).toEqual(first);
  const [one, ...others] = bodiesOf('sync');
  expect(others).toEqual([one]);
  const other = { ...input, detail: { paidTime: '20190705173549' } };
  expect(await change(fixture, 'sync', other)).toMatchObject({ code: 'ORDER_CONFLICT' });
});

test.each([
  ['complete', (outOrderNo: string) => completeInput(outOrderNo)],
  ['complete', (outOrderNo: string) => completeInput(outOrderNo, { finishTicket: 'T' })],
  ['cancel', (outOrderNo: string) => ({ outOrderNo, reason: '用户投诉' })],
  [
    'sync',
    (outOrderNo: string) => ({
      outOrderNo,
      type: 'ORDER_PAID',
      detail: { paidTime: '20190705173549' },
    }),
  ],
] as const)(
  'a %s of an order that WeChat Pay does not know is an OrderNotFoundError',
  async (name, input) => {
    const outOrderNo = newOutOrderNo();
    expect(await change(fixture, name, input(outOrderNo))).toEqual({
      __typename: 'OrderNotFoundError',
      code: 'ORDER_NOT_FOUND',
      outOrderNo,
    });
  },
);

test('a complete of an unconfirmed order returns its state, with or without a ticket', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  const wrong = {
    __typename: 'OrderStateError',
    code: 'ORDER_STATE',
    outOrderNo,
    state: 'CREATED',
  };
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toEqual(wrong);
  expect(fixture.calls('complete')).toEqual([]);
  const finishTicket = 'T';
  expect(await change(fixture, 'complete', completeInput(outOrderNo, { finishTicket }))).toEqual(
    wrong,
  );
});

test.each([
  ['a sync before the complete', 'USER_ACCEPTED', acceptedOrder, 'sync'],
  ['a cancel after the complete', 'FINISHED', finishedOrder, 'cancel'],
] as const)('%s is an OrderStateError with the state %s', async (_what, state, make, name) => {
  const outOrderNo = await make(fixture);
  const input =
    name === 'sync' ? await syncInput(fixture, outOrderNo) : { outOrderNo, reason: '用户投诉' };
  expect(await change(fixture, name, input)).toEqual({
    __typename: 'OrderStateError',
    code: 'ORDER_STATE',
    outOrderNo,
    state,
  });
});

test('a cancel of an expired order is an OrderStateError, and its record is updated', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  await fixture.user('expire', outOrderNo);
  expect(await change(fixture, 'cancel', { outOrderNo, reason: '用户投诉' })).toMatchObject({
    code: 'ORDER_STATE',
    state: 'EXPIRED',
  });
});
