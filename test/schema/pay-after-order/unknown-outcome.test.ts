import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createLife, type Life } from '../../fixtures/app/merchant-app.ts';
import {
  acceptedOrder,
  type ChangeName,
  change,
  completeInput,
  create,
  createInput,
  finishedOrder,
  syncInput,
} from '../../fixtures/app/order-operations.ts';
import type { JsonObject } from '../../fixtures/json-at.ts';

let life: Life;
beforeAll(async () => {
  life = await createLife({ rules: { repeatAnswersSuccess: false } });
});
afterEach(async () => {
  await life.clearFaults();
  life.forgetCalls();
});
afterAll(() => life.close());

const cases: readonly [ChangeName, () => Promise<JsonObject>][] = [
  ['complete', async () => completeInput(await acceptedOrder(life))],
  ['cancel', async () => ({ outOrderNo: await acceptedOrder(life), reason: '用户投诉' })],
  ['sync', async () => syncInput(life, await finishedOrder(life))],
];

test.each(cases)(
  'a %s whose answers are all lost is an OutcomeUnknownError; repeated, it tells the truth',
  async (name, make) => {
    const input = await make();
    const { outOrderNo } = input;
    life.forgetCalls();
    await life.inject({ on: name, fault: 'reset-after' });
    await life.inject({ on: 'query', fault: 'reset-after', skip: name === 'complete' ? 1 : 0 });
    expect(await change(life, name, input)).toEqual({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      outOrderNo,
      reason: 'CONNECTION',
    });
    await life.clearFaults();
    const answer = await change(life, name, input);
    // It is refused now for the state that it has itself brought about: a query shows that it was.
    expect(answer).toMatchObject({ outOrderNo, serviceId: '500001', orderId: null });
    expect(new Set(life.calls(name).map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  },
);

test('a create whose answers are all lost is an OutcomeUnknownError; repeated, it succeeds', async () => {
  const input = createInput({ name: '张三丰' });
  await life.inject({ on: 'create', fault: 'reset-after' });
  expect(await create(life, input)).toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    reason: 'CONNECTION',
  });
  await life.clearFaults();
  expect(await create(life, input)).toMatchObject({ outOrderNo: input['outOrderNo'] });
  expect(new Set(life.calls('create').map(({ bodySha256 }) => bodySha256)).size).toBe(1);
});

test.each(cases)(
  'a %s that is never taken is repeated later, with the same bytes',
  async (name, make) => {
    const input = await make();
    await life.inject({ on: name, fault: 'status', status: 500 });
    expect(await change(life, name, input)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      reason: 'SERVER_ERROR',
    });
    expect(life.calls(name).length).toBeGreaterThanOrEqual(3);
    await life.clearFaults();
    expect(await change(life, name, input)).toMatchObject({ orderId: expect.any(String) });
  },
);

test('other input is a conflict while the outcome is unknown', async () => {
  const outOrderNo = await acceptedOrder(life);
  await life.inject({ on: 'cancel', fault: 'reset-after' });
  await change(life, 'cancel', { outOrderNo, reason: '用户投诉' });
  expect(await change(life, 'cancel', { outOrderNo, reason: '测试' })).toMatchObject({
    code: 'ORDER_CONFLICT',
  });
});

test.each(cases)(
  'a %s that WeChat has no time for is a WechatUnavailableError',
  async (name, make) => {
    const input = await make();
    await life.inject({ on: name, fault: 'status', status: 429, retryAfter: 30 });
    expect(await change(life, name, input)).toEqual({
      __typename: 'WechatUnavailableError',
      code: 'WECHAT_UNAVAILABLE',
      retryAfterSeconds: 30,
    });
    await life.clearFaults();
    expect(await change(life, name, input)).toMatchObject({ orderId: expect.any(String) });
  },
);

test('a complete that needs a ticket is not sent while nobody can be asked for one', async () => {
  const outOrderNo = await acceptedOrder(life);
  life.forgetCalls();
  await life.inject({ on: 'query', fault: 'unsigned' });
  expect(await change(life, 'complete', completeInput(outOrderNo))).toMatchObject({
    code: 'WECHAT_UNAVAILABLE',
  });
  expect(life.calls('complete')).toEqual([]);
});
