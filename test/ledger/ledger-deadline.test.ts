import { expect, test } from 'vitest';
import { LedgerUnavailableError } from '../../src/ledger/ledger.ts';
import { createOrder } from '../../src/orders/commands/pay-after-order/create.ts';
import { openTestLedger } from '../fixtures/ledger/test-ledger.ts';
import { orderInput, type TestServices } from '../fixtures/orders/services.ts';
import { useServices } from '../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();
const TIMEOUT_MS = 300;

/** Services whose ledger acquires intents as the test wants it, and whose calls have little time. */
async function withAcquire(
  acquire: (acquireIntent: () => Promise<unknown>) => Promise<unknown>,
): Promise<TestServices> {
  const { wechat, ...others } = services();
  const ledger = await openTestLedger({
    engine: (real) => ({
      ...real,
      run: (name, ...rest) =>
        name === 'acquireIntent' ? acquire(() => real.run(name, ...rest)) : real.run(name, ...rest),
    }),
  });
  return { ...others, wechat: { ...wechat, timeoutMs: TIMEOUT_MS }, ledger };
}

const intentsOf = async ({ ledger: { store, idle } }: TestServices) => {
  await idle();
  return await store.db.selectFrom('intents').select('status').execute();
};

test('an intent that waits too long is not stored, and nothing is sent after the caller received an error', async () => {
  const gate = Promise.withResolvers<void>();
  const slow = await withAcquire(async (acquireIntent) => {
    await gate.promise;
    return await acquireIntent();
  });
  const startMs = performance.now();
  const order = orderInput(upstream());
  await expect(createOrder(slow, order)).rejects.toThrow(LedgerUnavailableError);
  expect(performance.now() - startMs).toBeLessThan(TIMEOUT_MS);
  gate.resolve();
  expect(await intentsOf(slow)).toEqual([]);
  expect(upstream().calls('create')).toEqual([]);
  await expect(createOrder(slow, order)).resolves.toMatchObject({ replayed: false });
  await slow.ledger.close();
});

test('an intent that is committed too late is released, and nothing is sent', async () => {
  const gate = Promise.withResolvers<void>();
  let isFirst = true;
  const slow = await withAcquire(async (acquireIntent) => {
    const value = await acquireIntent();
    if (isFirst) {
      isFirst = false;
      await gate.promise;
    }
    return value;
  });
  const order = orderInput(upstream());
  const before = upstream().calls('create').length;
  await expect(createOrder(slow, order)).rejects.toThrow(LedgerUnavailableError);
  expect(await intentsOf(slow)).toEqual([{ status: 'open' }]);
  gate.resolve();
  await expect.poll(() => intentsOf(slow)).toEqual([{ status: 'refused' }]);
  expect(upstream().calls('create')).toHaveLength(before);
  const other = { ...order, riskAmount: 5_000 };
  await expect(createOrder(slow, other)).resolves.toMatchObject({ replayed: false });
  await slow.ledger.close();
});

test('a ledger that fails is reported as unavailable, with its error in the log', async () => {
  const failing = await withAcquire(() => Promise.reject(new Error('disk full')));
  const error = await createOrder(failing, orderInput(upstream())).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LedgerUnavailableError);
  expect(error).toMatchObject({ retryAfterSeconds: 1, cause: { message: 'disk full' } });
  expect(String(error)).not.toContain('disk full');
  expect(failing.ledger.logged).toContain(
    'ledger failed before a write was sent: nothing was sent',
  );
  await failing.ledger.close();
});

test('a call whose deadline has passed sends nothing', async () => {
  const before = upstream().calls('create').length;
  const late = upstream().wechat.createPayAfterOrder(orderInput(upstream()), {
    deadline: performance.now() - 1,
  });
  await expect(late).rejects.toMatchObject({ name: 'WechatUnavailableError' });
  expect(upstream().calls('create')).toHaveLength(before);
});
