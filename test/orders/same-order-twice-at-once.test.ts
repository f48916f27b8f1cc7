import { describe, expect, test } from 'vitest';
import { settleIntent } from '../../src/orders/settle-intent.ts';
import { type OrderWrite, writeOrder } from '../../src/orders/write-order.ts';
import {
  OrderConflictError,
  OrderOutcomeUnknownError,
  WechatUnavailableError,
} from '../../src/wechat/index.ts';
import { databases, useDatabase } from '../support-orders/databases.ts';
import { intended } from '../support-orders/intended.ts';
import type { TestLedger } from '../support-orders/ledger.ts';

const NO_ANSWER = { status: null, code: null, requestId: null };
const unavailable = () => new WechatUnavailableError('Nothing was accepted.', NO_ANSWER);
const unknown = () => new OrderOutcomeUnknownError('N1', 'TIMEOUT', NO_ANSWER);

/** A create of which the test says when and how it is answered. */
function startCreate(ledger: TestLedger, canonical = 'same') {
  const answer = Promise.withResolvers<string>();
  const sent = Promise.withResolvers<boolean>();
  const doubts: boolean[] = [];
  const order = intended({ canonical });
  const { outOrderNo, appid, serviceId } = order;
  const write: OrderWrite<string> = {
    intended: order,
    owner: null,
    send: ({ doubtful = false }) => {
      doubts.push(doubtful);
      sent.resolve(doubtful);
      return answer.promise;
    },
    seen: () => ({ outOrderNo, appid, serviceId, state: 'CREATED' }),
  };
  const outcome = writeOrder(ledger, write);
  outcome.catch(() => {});
  return { outcome, sent: sent.promise, answer, doubts: () => doubts };
}

const statuses = async ({ store }: TestLedger) => {
  await store.idle();
  const rows = await store.db
    .selectFrom('intents')
    .select('status')
    .orderBy('created_at')
    .execute();
  return rows.map(({ status }) => status);
};

describe.each(databases)('one create in two calls at once, on $name', ({ start }) => {
  const database = useDatabase(start);

  async function twoCalls() {
    const ledger = await database.openLedger();
    const first = startCreate(ledger);
    expect(await first.sent).toBe(false);
    const second = startCreate(ledger);
    expect(await second.sent).toBe(true);
    return { ledger, first, second };
  }

  test('stands as done where one was not accepted and the other was', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    second.answer.resolve('made');
    await expect(second.outcome).resolves.toBe('made');
    expect(await statuses(ledger)).toEqual(['done']);
    await expect(startCreate(ledger, 'other').outcome).rejects.toThrow(OrderConflictError);
  });

  test('stays open where one was not accepted and nobody knows of the other', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['open']);
  });

  test('stays done whatever comes of the other', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.resolve('made');
    await first.outcome;
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['done']);
  });

  test('keeps its number while the other is still under way', async () => {
    const { ledger, first, second } = await twoCalls();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    await expect(startCreate(ledger, 'other').outcome).rejects.toThrow(OrderConflictError);
    second.answer.reject(unknown());
    await expect(second.outcome).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses(ledger)).toEqual(['open']);
  });

  test('does not come back once its number is used again', async () => {
    const ledger = await database.openLedger();
    const first = startCreate(ledger);
    await first.sent;
    const { id } = await ledger.store.db
      .selectFrom('intents')
      .select('id')
      .executeTakeFirstOrThrow();
    await ledger.store.write((tx) => settleIntent(tx, id, 'absent', ledger.now()));
    const corrected = startCreate(ledger, 'other');
    corrected.answer.resolve('made');
    await corrected.outcome;
    first.answer.resolve('late');
    await first.outcome;
    expect((await statuses(ledger)).toSorted()).toEqual(['absent', 'done']);
  });

  test('sends again, in doubt, where it was refused while the other was sending', async () => {
    const { ledger, first, second } = await twoCalls();
    second.answer.resolve('made');
    await second.outcome;
    await ledger.store.idle();
    first.answer.reject(unavailable());
    await expect(first.outcome).rejects.toThrow(WechatUnavailableError);
    expect(first.doubts()).toEqual([false, true]);
  });
});
