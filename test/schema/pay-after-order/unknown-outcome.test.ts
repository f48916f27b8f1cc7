import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
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
import type { JsonObject } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ rules: { repeatAnswersSuccess: false } });
});
afterEach(async () => {
  await fixture.clearFaults();
  fixture.resetCalls();
});
afterAll(() => fixture.close());

const cases: readonly [ChangeName, () => Promise<JsonObject>][] = [
  ['complete', async () => completeInput(await acceptedOrder(fixture))],
  ['cancel', async () => ({ outOrderNo: await acceptedOrder(fixture), reason: '用户投诉' })],
  ['sync', async () => syncInput(fixture, await finishedOrder(fixture))],
];

test.each(cases)(
  'a %s whose responses are all lost is an OutcomeUnknownError, and a repeat returns the truth',
  async (name, make) => {
    const input = await make();
    const { outOrderNo } = input;
    fixture.resetCalls();
    await fixture.injectUntilCleared({ on: name, fault: 'reset-after' });
    await fixture.injectUntilCleared({
      on: 'query',
      fault: 'reset-after',
      skip: name === 'complete' ? 1 : 0,
    });
    expect(await change(fixture, name, input)).toEqual({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      outOrderNo,
      reason: 'CONNECTION',
    });
    await fixture.clearFaults();
    const answer = await change(fixture, name, input);
    // It is refused now for the state that it has itself brought about: a query shows that it was.
    expect(answer).toMatchObject({ outOrderNo, serviceId: '500001', orderId: null });
    expect(new Set(fixture.calls(name).map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  },
);

test('a create whose responses are all lost is an OutcomeUnknownError, and a repeat succeeds', async () => {
  const input = createInput({ name: '张三丰' });
  await fixture.injectUntilCleared({ on: 'create', fault: 'reset-after' });
  expect(await create(fixture, input)).toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    reason: 'CONNECTION',
  });
  await fixture.clearFaults();
  expect(await create(fixture, input)).toMatchObject({ outOrderNo: input['outOrderNo'] });
  expect(new Set(fixture.calls('create').map(({ bodySha256 }) => bodySha256)).size).toBe(1);
});

test.each(cases)(
  'a %s that is never accepted is repeated later with the same bytes',
  async (name, make) => {
    const input = await make();
    await fixture.injectUntilCleared({ on: name, fault: 'status', status: 500 });
    expect(await change(fixture, name, input)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      reason: 'SERVER_ERROR',
    });
    expect(fixture.calls(name).length).toBeGreaterThanOrEqual(3);
    await fixture.clearFaults();
    expect(await change(fixture, name, input)).toMatchObject({ orderId: expect.any(String) });
  },
);

test('other input is a conflict while the outcome is unknown', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  await fixture.injectUntilCleared({ on: 'cancel', fault: 'reset-after' });
  await change(fixture, 'cancel', { outOrderNo, reason: '用户投诉' });
  expect(await change(fixture, 'cancel', { outOrderNo, reason: '测试' })).toMatchObject({
    code: 'ORDER_CONFLICT',
  });
});

test.each(cases)(
  'a %s that WeChat Pay rejects for its rate limit is a WechatUnavailableError',
  async (name, make) => {
    const input = await make();
    await fixture.injectUntilCleared({ on: name, fault: 'status', status: 429, retryAfter: 30 });
    expect(await change(fixture, name, input)).toEqual({
      __typename: 'WechatUnavailableError',
      code: 'WECHAT_UNAVAILABLE',
      retryAfterSeconds: 30,
    });
    await fixture.clearFaults();
    expect(await change(fixture, name, input)).toMatchObject({ orderId: expect.any(String) });
  },
);

test('a complete that needs a ticket is not sent if the query for it fails', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  fixture.resetCalls();
  await fixture.injectUntilCleared({ on: 'query', fault: 'unsigned' });
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toMatchObject({
    code: 'WECHAT_UNAVAILABLE',
  });
  expect(fixture.calls('complete')).toEqual([]);
});
