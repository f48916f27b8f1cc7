import { describe, expect, test } from 'vitest';
import { resolveIntent } from '../../../src/ledger/jobs/finish-intent.ts';
import { writeOrder } from '../../../src/orders/commands/write-order.ts';
import type { Intended, OrderWrite } from '../../../src/orders/commands/write-types.ts';
import { PAY_AFTER_ORDERS } from '../../../src/orders/products/products.ts';
import {
  OrderConflictError,
  OrderOutcomeUnknownError,
  type PayAfterOrder,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { intended, ORIGIN } from '../../fixtures/ledger/intended.ts';
import { observation, shownOrder } from '../../fixtures/ledger/observations.ts';
import type { TestLedger } from '../../fixtures/ledger/test-ledger.ts';

const NO_DEADLINE = {
  deadline: Number.POSITIVE_INFINITY,
  sendBy: Number.POSITIVE_INFINITY,
  queryBy: Number.POSITIVE_INFINITY,
};
const NO_ANSWER = { status: null, code: null, requestId: null };
const unavailable = () => new WechatUnavailableError('Nothing was accepted.', NO_ANSWER);
const refused = () =>
  new WechatRefusedError({
    status: 400,
    code: 'INVALID_ORDER_STATE',
    number: null,
    requestId: null,
    explanation: null,
    field: null,
    issue: null,
    verified: true,
  });
const unknown = () => new OrderOutcomeUnknownError('N1', 'TIMEOUT', NO_ANSWER);

/** A write whose answer, and when it comes, the test decides. */
function startCreate(ledger: TestLedger, canonical = 'same') {
  return startWrite(ledger, { canonical });
}

function startWrite(
  ledger: TestLedger,
  changes: Partial<Intended>,
  shown: PayAfterOrder | null = null,
) {
  const answer = Promise.withResolvers<{ made: string }>();
  const sent = Promise.withResolvers<boolean>();
  const flags: boolean[] = [];
  const signed: unknown[] = [];
  const order = intended(changes);
  const { outOrderNo, appid, serviceId } = order;
  const write: OrderWrite<{ made: string }, PayAfterOrder> = {
    intended: order,
    orders: PAY_AFTER_ORDERS,
    send: ({ ambiguousBefore = false, authorization }) => {
      flags.push(ambiguousBefore);
      signed.push(authorization);
      sent.resolve(ambiguousBefore);
      return answer.promise;
    },
    seen: () => observation({ outOrderNo, appid, serviceId }),
    shownByQuery: () => ({ made: 'shown by a query' }),
  };
  const wechat = {
    queryPayAfterOrder: async () => shown,
    serviceOrders: { query: async () => null },
    sign: async () => 'made ahead',
  };
  const services = { ledger, origin: ORIGIN, wechat };
  const outcome = writeOrder(services, write, NO_DEADLINE);
  outcome.catch(() => {});
  return { outcome, sent: sent.promise, answer, flags: () => flags, signed: () => signed };
}

const statuses = async ({ store, idle }: TestLedger) => {
  await idle();
  const rows = await store.db
    .selectFrom('intents')
    .select('status')
    .orderBy('created_at')
    .execute();
  return rows.map(({ status }) => status);
};

/** A query has found no order for the only intent. */
async function findNothing({ store, now }: TestLedger) {
  const intents = store.db.selectFrom('intents').select(['id', 'lease']);
  const held = await intents.executeTakeFirstOrThrow();
  await store.write((tx) => resolveIntent(tx, { ...held, status: 'absent' }, now()));
}

describe.each(databases)('one create in two concurrent calls, on $name', ({ start }) => {
  const database = useDatabase(start);

  async function twoCalls() {
    const ledger = await database.openLedger();
    const first = startCreate(ledger);
    expect(await first.sent).toBe(false);
    const second = startCreate(ledger);
    expect(await second.sent).toBe(true);
    return { ledger, first, second };
  }

  test('new bytes are signed while their intent is stored, and those of an earlier call when they are sent', async () => {
    const ledger = await database.openLedger();
    const prepare = { target: '/', body: Buffer.from('{}'), platformSerial: 'PUB_KEY_ID_1' };
    const first = startWrite(ledger, { prepare });
    await first.sent;
    const second = startWrite(ledger, { prepare });
    await second.sent;
    expect(await Promise.all(first.signed())).toEqual(['made ahead']);
    expect(second.signed()).toEqual([undefined]);
    first.answer.resolve({ made: 'made' });
    second.answer.resolve({ made: 'made' });
    await Promise.all([first.outcome, second.outcome]);
  });

  test('of two concurrent calls for one create one success is enough', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    second.answer.resolve({ made: 'made' });
    await expect(second.outcome).resolves.toEqual({ made: 'made', replayed: false });
    expect(await statuses(ledger)).toEqual(['done']);
    await expect(startCreate(ledger, 'other').outcome).rejects.toThrow(OrderConflictError);
  });

  test('a create in two concurrent calls stays open if one was not accepted and the other is unknown', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['open']);
  });

  test('a create that succeeded in one of two concurrent calls stays done', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.resolve({ made: 'made' });
    await first.outcome;
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['done']);
  });

  test('a create keeps its number while the other of two concurrent calls is in progress', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    await expect(startCreate(ledger, 'other').outcome).rejects.toThrow(OrderConflictError);
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['open']);
  });

  test('a create does not reappear after its number is used again', async () => {
    const ledger = await database.openLedger();
    const first = startCreate(ledger);
    await first.sent;
    await findNothing(ledger);
    const corrected = startCreate(ledger, 'other');
    corrected.answer.resolve({ made: 'made' });
    await corrected.outcome;
    first.answer.resolve({ made: 'late' });
    await first.outcome;
    expect((await statuses(ledger)).toSorted()).toEqual(['absent', 'done']);
  });

  test('a create that took effect late keeps its number although another create is open', async () => {
    const ledger = await database.openLedger();
    const first = startCreate(ledger);
    await first.sent;
    await findNothing(ledger);
    const corrected = startCreate(ledger, 'other');
    await corrected.sent;
    first.answer.resolve({ made: 'late' });
    await first.outcome;
    expect((await statuses(ledger)).toSorted()).toEqual(['done', 'refused']);
    corrected.answer.reject(unknown());
    await expect(corrected.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect((await statuses(ledger)).toSorted()).toEqual(['done', 'refused']);
  });

  test.each<[string, PayAfterOrder | null, object]>([
    ['succeeds if a query shows the effect', shownOrder({ state: 'REVOKED' }), { replayed: true }],
    ['is refused if a query shows none', shownOrder({ state: 'CREATED' }), WechatRefusedError],
    ['is refused if there is no order', null, WechatRefusedError],
    [
      'has an unknown outcome if a query does not decide',
      shownOrder({ state: 'NEW' }),
      OrderOutcomeUnknownError,
    ],
  ])(
    'a write that is refused after another call sent the same %s, and nothing is sent again',
    async (_, shown, expected) => {
      const ledger = await database.openLedger();
      const cancel = { operation: 'cancel' as const };
      const first = startWrite(ledger, cancel, shown);
      await first.sent;
      const second = startWrite(ledger, cancel, shown);
      await second.sent;
      first.answer.reject(refused());
      if (expected instanceof Function) {
        await expect(first.outcome).rejects.toBeInstanceOf(expected);
      } else {
        await expect(first.outcome).resolves.toMatchObject(expected);
      }
      expect(first.flags()).toEqual([false]);
      second.answer.resolve({ made: 'made' });
      await second.outcome;
    },
  );

  test('a create is known to have succeeded even if the ledger does not know whether another call sent it', async () => {
    const ledger = await database.openLedger();
    const broken = { ...ledger, releaseIntent: () => Promise.reject(new Error('no database')) };
    const cancel = startWrite(broken, { operation: 'cancel' }, shownOrder({ state: 'REVOKED' }));
    await cancel.sent;
    cancel.answer.reject(refused());
    await expect(cancel.outcome).resolves.toMatchObject({ replayed: true });
  });
});
