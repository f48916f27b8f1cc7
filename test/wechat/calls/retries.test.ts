import { describe, expect, test } from 'vitest';
import {
  OrderOutcomeUnknownError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { anOrder, aWholeOrder, PERSONAL } from '../../fixtures/wechat/orders.ts';
import {
  failureOf,
  sandboxFixture,
  UNTRUSTED_FAULTS,
} from '../../fixtures/wechat/sandbox-client.ts';

const { client, inject, calls } = sandboxFixture();

const PASSING: readonly object[] = [
  { fault: 'reset-before' },
  { fault: 'reset-after' },
  { fault: 'truncate' },
  { fault: 'status', status: 429 },
  { fault: 'status', status: 202 },
  { fault: 'status', status: 202, takesEffect: true },
  { fault: 'status', status: 500 },
  { fault: 'status', status: 502, html: true, takesEffect: true },
  { fault: 'status', status: 404, html: true },
  ...UNTRUSTED_FAULTS.map((fault) => ({ fault })),
];

test.each(PASSING)(
  'a caller does not notice a temporary fault, and the same bytes are signed and sent again: %j',
  async (fault) => {
    await inject({ ...fault, on: 'create' });
    const { orderId } = await client().createPayAfterOrder(anOrder(PERSONAL));
    expect(orderId).toMatch(/^\d+$/);
    const [first, second, ...others] = calls('create');
    expect([first?.fault === null, second, others]).toEqual([
      false,
      expect.objectContaining({ fault: null, status: 200, bodySha256: first?.bodySha256 }),
      [],
    ]);
    expect(second?.nonce).not.toBe(first?.nonce);
  },
);

test('a signature that was made ahead is sent with the first attempt only', async () => {
  await inject({ on: 'create', fault: 'reset-after' });
  const wechat = client();
  const order = anOrder();
  const prepared = wechat.prepare.create(order);
  const authorization = wechat.sign(prepared);
  await wechat.createPayAfterOrder(order, { prepared, authorization });
  const [, nonce = ''] = /nonce_str="(\w+)"/.exec(await authorization) ?? [];
  const [first, second] = calls('create');
  expect(first?.nonce).toBe(nonce);
  expect(second?.nonce).not.toBe(nonce);
});

test('a late response is not waited for, and the order is created once', async () => {
  await inject({ on: 'create', fault: 'latency', ms: 60_000 });
  const order = aWholeOrder({ needUserConfirm: true, openid: null });
  const created = await client().createPayAfterOrder(order);
  expect(created.orderId).toMatch(/^\d+$/);
  expect(new Set(calls('create').map(({ bodySha256 }) => bodySha256)).size).toBe(1);
});

test('after two faults in a row the third attempt succeeds', async () => {
  await inject({ on: 'create', fault: 'reset-after' }, { on: 'create', fault: 'probe' });
  const created = await client().createPayAfterOrder(anOrder());
  expect(created.orderId).toMatch(/^\d+$/);
  expect(new Set(calls('create').map(({ nonce }) => nonce)).size).toBe(3);
});

describe('a 429 that stays', () => {
  test.each(['create', 'query'])(
    'a persistent 429 is unavailable after three attempts: %s',
    async (on) => {
      await inject({ on, fault: 'status', status: 429, times: null });
      const wechat = client();
      const call =
        on === 'create'
          ? wechat.createPayAfterOrder(anOrder())
          : wechat.queryPayAfterOrder(anOrder());
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(WechatUnavailableError);
      expect(error).toMatchObject({ status: 429, code: 'FREQUENCY_LIMITED' });
      expect(calls()).toHaveLength(3);
    },
  );

  test('a 429 that lasts longer than the budget is not retried, and returns its time', async () => {
    await inject({ on: 'create', fault: 'status', status: 429, retryAfter: 30, times: null });
    const error = await failureOf(client().createPayAfterOrder(anOrder()));
    expect(error).toBeInstanceOf(WechatUnavailableError);
    expect(error).toMatchObject({ retryAfterSeconds: 30 });
    expect(calls()).toHaveLength(1);
  });

  test('a persistent 429 after an ambiguous create is an unknown outcome', async () => {
    await inject(
      { on: 'create', fault: 'reset-after' },
      { on: 'create', fault: 'status', status: 429, times: null },
    );
    const error = await failureOf(client().createPayAfterOrder(anOrder()));
    expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
    expect(error).toMatchObject({ reason: 'CONNECTION' });
  });
});

describe('a refusal', () => {
  test.each([400, 401, 403])('a refusal of a query is never repeated: %d', async (status) => {
    await inject({ on: 'query', fault: 'status', status, times: null });
    const error = await failureOf(client().queryPayAfterOrder(anOrder()));
    expect(error).toBeInstanceOf(WechatRefusedError);
    expect(error).toMatchObject({ status, refusal: { verified: status !== 401 } });
    expect(calls()).toHaveLength(1);
  });

  test('a refusal after a lost query is the result', async () => {
    await inject({ on: 'query', fault: 'reset-before' });
    expect(await client().queryPayAfterOrder(anOrder())).toBeNull();
    expect(calls()).toHaveLength(2);
  });
});
