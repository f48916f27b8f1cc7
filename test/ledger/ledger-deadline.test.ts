import { expect, test } from 'vitest';
import type { Store } from '../../src/ledger/database/open-store.ts';
import { LedgerUnavailableError } from '../../src/ledger/ledger-deadline.ts';
import { createOrder } from '../../src/orders/commands/create-order.ts';
import type { WechatPay } from '../../src/wechat/index.ts';
import { orderInput, type TestDesk } from '../fixtures/orders/services.ts';
import { useDesk } from '../fixtures/orders/use-services.ts';

const { upstream, desk } = useDesk();
const TIMEOUT_MS = 300;

/** The desk with a write to the ledger as the test wants it, and calls that have little time. */
function withWrite(write: Store['write']): TestDesk {
  const { ledger, ...others } = desk();
  const wechat: WechatPay = { ...others.wechat, timeoutMs: TIMEOUT_MS };
  return { ...others, wechat, ledger: { ...ledger, store: { ...ledger.store, write } } };
}

const intents = async () => {
  const { store } = desk().ledger;
  await store.idle();
  return await store.db.selectFrom('intents').select('status').execute();
};

test('an intent that waits too long is not stored, and nothing is sent after the caller was told', async () => {
  const gate = Promise.withResolvers<void>();
  const { write } = desk().ledger.store;
  const slow = withWrite(async (job, pace) => {
    await gate.promise;
    return await write(job, pace);
  });
  const startMs = performance.now();
  const order = orderInput(upstream());
  await expect(createOrder(slow, order)).rejects.toThrow(LedgerUnavailableError);
  expect(performance.now() - startMs).toBeLessThan(TIMEOUT_MS);
  gate.resolve();
  expect(await intents()).toEqual([]);
  expect(upstream().calls('create')).toEqual([]);
  await expect(createOrder(desk(), order)).resolves.toMatchObject({ replayed: false });
});

test('an intent whose commit comes too late is released, and nothing is sent', async () => {
  const gate = Promise.withResolvers<void>();
  const { write } = desk().ledger.store;
  let isFirst = true;
  const slow = withWrite(async (job, pace) => {
    const value = await write(job, pace);
    if (isFirst) {
      isFirst = false;
      await gate.promise;
    }
    return value;
  });
  const order = orderInput(upstream());
  const before = upstream().calls('create').length;
  await expect(createOrder(slow, order)).rejects.toThrow(LedgerUnavailableError);
  expect(await intents()).toEqual([{ status: 'open' }]);
  gate.resolve();
  await expect.poll(intents).toEqual([{ status: 'refused' }]);
  expect(upstream().calls('create')).toHaveLength(before);
  const other = { ...order, riskAmount: 5_000 };
  await expect(createOrder(desk(), other)).resolves.toMatchObject({ replayed: false });
});

test('a ledger that fails is said to be unavailable, with its error in the log', async () => {
  const failing = withWrite(() => Promise.reject(new Error('disk full')));
  const error = await createOrder(failing, orderInput(upstream())).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LedgerUnavailableError);
  expect(error).toMatchObject({ retryAfterSeconds: 1, cause: { message: 'disk full' } });
  expect(String(error)).not.toContain('disk full');
  expect(desk().ledger.logged).toContain('ledger failed before a write was sent: nothing was sent');
});

test('a call whose deadline has passed sends nothing', async () => {
  const before = upstream().calls('create').length;
  const late = upstream().wechat.createPayAfterOrder(orderInput(upstream()), {
    deadline: performance.now() - 1,
  });
  await expect(late).rejects.toMatchObject({ name: 'WechatUnavailableError' });
  expect(upstream().calls('create')).toHaveLength(before);
});
