import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { semanticsOf } from '../../../src/domain/write-semantics.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import {
  acceptedServiceOrder,
  completedServiceOrder,
  lowered,
  type ServiceOrderWriteName,
  serviceOrderEnd,
  serviceOrderInput,
  serviceOrderSync,
  writeServiceOrder,
} from '../../fixtures/app/service-order-operations.ts';
import type { JsonObject } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
/** A repeat is answered like the first one. */
let lenient: AppWithSandbox;
/** A debit runs for three minutes. */
let busy: AppWithSandbox;
beforeAll(async () => {
  [fixture, lenient, busy] = await Promise.all([
    createAppWithSandbox({ rules: { repeatAnswersSuccess: false } }),
    createAppWithSandbox(),
    createAppWithSandbox({ rules: { debitSeconds: 180 } }),
  ]);
});
afterEach(() => Promise.all([fixture.reset(), busy.reset()]));
afterAll(() => Promise.all([fixture.close(), lenient.close(), busy.close()]));

type Writing = readonly [
  name: ServiceOrderWriteName,
  /** Of the call at WeChat Pay. */
  kind: 'create' | 'complete' | 'modify' | 'cancel' | 'pay' | 'sync',
  make: (of: AppWithSandbox) => Promise<JsonObject>,
];

const WRITES: readonly Writing[] = [
  ['create', 'create', async () => serviceOrderInput()],
  ['complete', 'complete', async (of) => serviceOrderEnd(await acceptedServiceOrder(of))],
  ['modify', 'modify', async (of) => lowered(await completedServiceOrder(of), 700)],
  ['cancel', 'cancel', async (of) => ({ outOrderNo: await acceptedServiceOrder(of), reason: 'x' })],
  ['collect', 'pay', async (of) => ({ outOrderNo: await completedServiceOrder(of) })],
  ['sync', 'sync', async (of) => serviceOrderSync(of, await completedServiceOrder(of))],
];

test.each(WRITES)(
  'a %s of a service order whose responses are all lost is unknown, and a repeat returns the truth',
  async (name, kind, make) => {
    const input = await make(fixture);
    const { outOrderNo } = input;
    fixture.resetCalls();
    await fixture.injectUntilCleared({ on: kind, fault: 'reset-after' });
    await fixture.injectUntilCleared({ on: 'query', fault: 'reset-after' });
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      outOrderNo,
    });
    await fixture.clearFaults();
    // Strict: WeChat Pay refuses a repeat for the state that the first one has brought about.
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject({
      __typename: `${name.charAt(0).toUpperCase()}${name.slice(1)}ServiceOrderPayload`,
      outOrderNo,
    });
    expect(new Set(fixture.calls(kind).map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  },
);

test.each(WRITES)(
  'a %s of a service order that never arrives has no effect, and a repeat sends the same bytes',
  async (name, kind, make) => {
    const input = await make(fixture);
    fixture.resetCalls();
    await fixture.injectUntilCleared({ on: kind, fault: 'reset-before' });
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject({
      __typename: 'OutcomeUnknownError',
    });
    await fixture.clearFaults();
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject({ replayed: false });
    expect(new Set(fixture.calls(kind).map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  },
);

/** Refusals that WeChat Pay has not signed, or not so. */
const UNVERIFIED = [
  [400, 'PARAM_ERROR', 'none'],
  [403, 'NO_AUTH', 'wrong'],
  [404, 'ORDER_NOT_EXIST', 'none'],
  [409, 'INVALID_REQUEST', 'wrong'],
] as const;

describe.each(UNVERIFIED)('a %i %s whose signature is %s', (status, code, signature) => {
  const refusal = { fault: 'status', status, code, signature };

  test.each(WRITES)(
    'an unverified refusal of a %s of a service order that took effect is no refusal',
    async (name, kind, make) => {
      const input = await make(fixture);
      await fixture.inject({ on: kind, ...refusal, takesEffect: true });
      // No query shows a request to collect.
      const expected =
        name === 'collect'
          ? { code: 'OUTCOME_UNKNOWN', reason: 'UNTRUSTED_ANSWER' }
          : { outOrderNo: input['outOrderNo'], replayed: false };
      expect(await writeServiceOrder(fixture, name, input)).toMatchObject(expected);
    },
  );

  test.each(WRITES)(
    'an unverified refusal of a %s of a service order that had no effect is the refusal',
    async (name, kind, make) => {
      const input = await make(fixture);
      fixture.resetCalls();
      await fixture.inject({ on: kind, ...refusal, takesEffect: false });
      const expected =
        name === 'collect'
          ? { code: 'OUTCOME_UNKNOWN', reason: 'UNTRUSTED_ANSWER' }
          : { code: 'WECHAT_REFUSED', wechatCode: code, status };
      expect(await writeServiceOrder(fixture, name, input)).toMatchObject(expected);
      expect(fixture.calls().map((call) => call.kind)).toEqual([kind, 'query']);
      // The number is free for the same call, and for a corrected one.
      expect(await writeServiceOrder(fixture, name, input)).toMatchObject({ replayed: false });
    },
  );
});

const isIdempotent = ([name]: Writing) =>
  semanticsOf('SERVICE_ORDER', name).repeat === 'send same bytes';
const NOT_IDEMPOTENT = WRITES.filter((writing) => !isIdempotent(writing));

test('a modify that does not arrive, of an order that WeChat Pay does not have, is sent again', async () => {
  const outOrderNo = `NONE${Date.now()}`;
  fixture.resetCalls();
  await fixture.inject({ on: 'modify', fault: 'reset-before' });
  expect(await writeServiceOrder(fixture, 'modify', lowered(outOrderNo, 700))).toMatchObject({
    __typename: 'OrderNotFoundError',
  });
  expect(fixture.calls('modify')).toHaveLength(2);
});

test.each(NOT_IDEMPOTENT)(
  'a %s of a service order whose response is lost is not sent again: a query shows what it did',
  async (name, kind, make) => {
    const input = await make(fixture);
    fixture.resetCalls();
    await fixture.inject({ on: kind, fault: 'reset-after' });
    // No query shows a request to collect.
    const expected = name === 'collect' ? { code: 'OUTCOME_UNKNOWN' } : { replayed: false };
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject(expected);
    expect(fixture.calls().map((call) => call.kind)).toEqual([kind, 'query']);
  },
);

// No query shows a request to collect: it is not sent again.
test.each(WRITES.filter(([name]) => name !== 'collect'))(
  'a %s of a service order that does not arrive is sent again; if WeChat Pay does not document that it may be, after a query',
  async (...writing) => {
    const [name, kind, make] = writing;
    const input = await make(fixture);
    fixture.resetCalls();
    await fixture.inject({ on: kind, fault: 'reset-before' });
    expect(await writeServiceOrder(fixture, name, input)).toMatchObject({ replayed: false });
    const sent = isIdempotent(writing) ? [kind, kind] : [kind, 'query', kind];
    const kinds = fixture.calls().map((call) => call.kind);
    expect(kinds.slice(0, sent.length)).toEqual(sent);
  },
);

test('an open modify makes another one a conflict until its outcome is known', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  await fixture.injectUntilCleared({ on: 'modify', fault: 'reset-before' });
  const first = await writeServiceOrder(fixture, 'modify', lowered(outOrderNo, 700));
  expect(first).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await fixture.clearFaults();
  const other = lowered(outOrderNo, 600);
  expect(await writeServiceOrder(fixture, 'modify', other)).toMatchObject({
    code: 'ORDER_CONFLICT',
  });
  await writeServiceOrder(fixture, 'modify', lowered(outOrderNo, 700));
  expect(await writeServiceOrder(fixture, 'modify', other)).toMatchObject({ replayed: false });
});

test('a modify that a lower amount has replaced is an OrderStateError, and is not sent again', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  await fixture.injectUntilCleared({ on: 'modify', fault: 'reset-before' });
  await writeServiceOrder(fixture, 'modify', lowered(outOrderNo, 700));
  await fixture.clearFaults();
  // Past this server, as another system of the merchant does.
  await fixture.wechat.serviceOrders.modify.send({
    ...{ appid: 'wxd678efh567hg6787', serviceId: '500001', outOrderNo },
    postPayments: [{ name: '租金', amount: 100 }],
    totalAmount: 100,
    reason: 'x',
  });
  fixture.resetCalls();
  expect(await writeServiceOrder(fixture, 'modify', lowered(outOrderNo, 700))).toMatchObject({
    __typename: 'OrderStateError',
    orderStatus: 'COMPLETED',
    stateRaw: 'DOING',
  });
  expect(fixture.calls('modify')).toEqual([]);
});

test('a complete that a modify has followed is repeated, and shows the lower amount', async () => {
  for (const of of [fixture, lenient]) {
    const outOrderNo = await completedServiceOrder(of);
    await writeServiceOrder(of, 'modify', lowered(outOrderNo, 700));
    const end = serviceOrderEnd(outOrderNo);
    expect(await writeServiceOrder(of, 'complete', end, 'totalAmount')).toMatchObject({
      replayed: true,
      totalAmount: 700,
    });
  }
});

test('a collect whose first attempt is lost has no effect on an order that was paid elsewhere', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  await writeServiceOrder(fixture, 'sync', await serviceOrderSync(fixture, outOrderNo));
  await fixture.inject({ on: 'pay', fault: 'reset-before' });
  expect(await writeServiceOrder(fixture, 'collect', { outOrderNo })).toMatchObject({
    __typename: 'OrderStateError',
    orderStatus: 'PAID',
  });
});

describe('while a debit runs', () => {
  test.each<[ServiceOrderWriteName, (outOrderNo: string) => JsonObject]>([
    ['modify', (outOrderNo) => lowered(outOrderNo, 700)],
    ['cancel', (outOrderNo) => ({ outOrderNo, reason: 'x' })],
    ['collect', (outOrderNo) => ({ outOrderNo })],
    [
      'sync',
      (outOrderNo) => ({ outOrderNo, type: 'ORDER_PAID', detail: { paidTime: '20260706' } }),
    ],
  ])('a %s of a service order is an OrderBusyError, and succeeds later', async (name, input) => {
    const outOrderNo = await completedServiceOrder(busy);
    const given = input(outOrderNo);
    expect(await writeServiceOrder(busy, name, given)).toEqual({
      __typename: 'OrderBusyError',
      code: 'ORDER_BUSY',
      outOrderNo,
      retryAfterSeconds: 180,
    });
    await busy.control('POST', 'clock', { advanceSeconds: 181 });
    const later = name === 'sync' ? await serviceOrderSync(busy, outOrderNo) : given;
    expect(await writeServiceOrder(busy, name, later)).toMatchObject({ replayed: false });
  });
});
