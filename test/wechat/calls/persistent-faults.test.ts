import { expect, test } from 'vitest';
import {
  OrderOutcomeUnknownError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../../src/wechat/index.ts';
import { anOrder } from '../../fixtures/wechat/orders.ts';
import {
  failureOf,
  sandboxFixture,
  TWO_ATTEMPTS_MS,
  UNTRUSTED_FAULTS,
} from '../../fixtures/wechat/sandbox-client.ts';

const { client, inject, calls } = sandboxFixture();

/** What the create and the query of an order that exists are rejected with while a fault lasts. */
async function failures(fault: object, timeoutMs: number) {
  const order = anOrder();
  await client().createPayAfterOrder(order);
  await inject({ ...fault, on: 'any', times: null });
  const resilience = timeoutMs === TWO_ATTEMPTS_MS ? { firstDelayMs: 200 } : {};
  const wechat = client({ timeoutMs, resilience });
  const [create, query] = await Promise.all([
    failureOf(wechat.createPayAfterOrder(order)),
    failureOf(wechat.queryPayAfterOrder(order)),
  ]);
  return { outOrderNo: order.outOrderNo, create, query };
}

/** Room for three attempts that fail by themselves, on a busy machine too. */
const AMPLE_MS = 6_000;
const NONE = { status: null, code: null, requestId: null };

test.each<[object, string, object]>([
  [{ fault: 'latency', ms: 60_000 }, 'TIMEOUT', NONE],
  [{ fault: 'reset-before' }, 'CONNECTION', NONE],
  [{ fault: 'reset-after' }, 'CONNECTION', NONE],
  [{ fault: 'truncate' }, 'CONNECTION', NONE],
  [{ fault: 'status', status: 202 }, 'SERVER_ERROR', { status: 202, code: null }],
  [{ fault: 'status', status: 500 }, 'SERVER_ERROR', { status: 500, code: 'SYSTEM_ERROR' }],
  [{ fault: 'status', status: 502, html: true }, 'SERVER_ERROR', { status: 502, code: null }],
])('%o leaves a create unknown (%s) and a query unavailable', async (fault, reason, last) => {
  const [timeoutMs, attempts] = reason === 'TIMEOUT' ? [TWO_ATTEMPTS_MS, 2] : [AMPLE_MS, 3];
  const { outOrderNo, create, query } = await failures(fault, timeoutMs);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason, outOrderNo, ...last });
  expect(query).toBeInstanceOf(WechatUnavailableError);
  expect(query).toMatchObject({ retryAfterSeconds: null, ...last });
  // An answer that is never waited for shows when its connection is cut.
  await expect.poll(() => calls('query').length).toBe(attempts);
});

test.each<[object, object]>([
  ...UNTRUSTED_FAULTS.map((fault): [object, object] => [{ fault }, { status: 200 }]),
  [{ fault: 'status', status: 403, html: true }, { status: 403 }],
])('%o leaves a create unknown and a query untrusted', async (fault, last) => {
  const { outOrderNo, create, query } = await failures(fault, AMPLE_MS);
  const requestId = expect.stringMatching(/-\d+$/);
  expect(create).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(create).toMatchObject({ reason: 'UNTRUSTED_ANSWER', outOrderNo, requestId, ...last });
  expect(query).toBeInstanceOf(WechatUntrustedError);
  expect(query).toMatchObject({ code: null, requestId, ...last });
});
