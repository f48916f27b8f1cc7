import { describe, expect, test } from 'vitest';
import type { Intended } from '../../../src/orders/commands/write-types.ts';
import { OrderConflictError } from '../../../src/wechat/index.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { acquire, finish } from '../../fixtures/ledger/intended.ts';
import { shownOrder } from '../../fixtures/ledger/observations.ts';
import { manualClock } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../../fixtures/orders/reconcile.ts';

const MINUTE = 60_000;

const bytesOf = (body: object) => () => ({
  target: '/v3/payscore/payafter-orders',
  body: Buffer.from(JSON.stringify(body)),
  platformSerial: 'S1',
});

describe.each(databases)('an open intent and the reconciler, on $name', ({ start }) => {
  const database = useDatabase(start);

  /** An intent whose call has ended in nothing, a minute ago. */
  async function openIntent(changes: Partial<Intended> = {}) {
    const clock = manualClock();
    const ledger = await database.openLedger({ now: clock.now });
    const standAgain = (other: Partial<Intended> = {}) => acquire(ledger, { ...changes, ...other });
    const { id } = await standAgain();
    clock.advance(MINUTE);
    const query = ledger.store.db.selectFrom('intents').selectAll().where('id', '=', id);
    return { clock, ledger, id, standAgain, row: () => query.executeTakeFirstOrThrow() };
  }

  const TOTAL = { total_amount: 250 };
  test.each([
    ['complete', TOTAL, { state: 'FINISHED', totalAmount: 250 }, 'done'],
    ['complete', TOTAL, { state: 'USER_PAID', totalAmount: 250 }, 'done'],
    ['complete', TOTAL, { state: 'FINISHED', totalAmount: null }, 'open'],
    ['complete', TOTAL, { state: 'FINISHED', totalAmount: 251 }, 'absent'],
    ['complete', TOTAL, { state: 'USER_ACCEPTED' }, 'absent'],
    ['complete', TOTAL, { state: 'REVOKED' }, 'absent'],
    ['complete', { total_amount: 0, finish_type: 1 }, { state: 'REVOKED' }, 'open'],
    ['complete', { total_amount: 0, finish_type: 1 }, { state: 'REVOKED', finishType: 1 }, 'done'],
    ['cancel', {}, { state: 'REVOKED' }, 'done'],
    ['cancel', {}, { state: 'USER_ACCEPTED' }, 'absent'],
    ['sync', {}, { state: 'USER_PAID', payType: 'MchChannelPayType' }, 'done'],
    ['sync', {}, { state: 'USER_PAID' }, 'open'],
    ['sync', {}, { state: 'USER_PAID', finishTransactionId: '42' }, 'absent'],
    ['sync', {}, { state: 'FINISHED' }, 'absent'],
  ] as const)('to %s with %j is, where the order is %j, %s', async (operation, body, shown, is) => {
    const { ledger, row } = await openIntent({ operation, prepare: bytesOf(body) });
    await lookOnce(
      queriesAnswering(() => shownOrder(shown)),
      ledger,
    );
    expect(await row()).toMatchObject({
      status: is,
      check_at: is === 'open' ? expect.any(Number) : null,
    });
  });

  test('the reconciler releases an open intent if there is no such order', async () => {
    const { ledger, row, standAgain } = await openIntent();
    await lookOnce(
      queriesAnswering(() => null),
      ledger,
    );
    expect(await row()).toMatchObject({ status: 'absent' });
    expect(await standAgain({ canonical: '{"corrected":1}' })).toMatchObject({ repeated: false });
  });

  test('a released intent may still take effect, so the same input sends the same bytes', async () => {
    const { ledger, row, standAgain } = await openIntent();
    await lookOnce(
      queriesAnswering(() => null),
      ledger,
    );
    const { body } = await row();
    expect(await standAgain()).toMatchObject({ repeated: true });
    expect(await row()).toMatchObject({ status: 'open', body });
  });

  test('the reconciler does not release an open intent before WeChat Pay has had enough time', async () => {
    const { clock, ledger, id, row, standAgain } = await openIntent();
    await standAgain();
    const early = { check_at: clock.now() };
    await ledger.store.write((tx) =>
      tx.updateTable('intents').set(early).where('id', '=', id).execute(),
    );
    clock.advance(5_000);
    await lookOnce(
      queriesAnswering(() => null),
      ledger,
    );
    expect(await row()).toMatchObject({ status: 'open' });
  });

  test('the reconciler does not check an open intent while its call may be in progress', async () => {
    const { ledger, standAgain } = await openIntent();
    await standAgain();
    const wechat = queriesAnswering(() => null);
    await lookOnce(wechat, ledger);
    expect(wechat.asked).toEqual([]);
  });

  test('the reconciler does not release an open intent that a call acquired during the query', async () => {
    const { ledger, row, standAgain } = await openIntent();
    const wechat = queriesAnswering(async () => {
      expect(await standAgain()).toMatchObject({ repeated: true });
      return null;
    });
    await lookOnce(wechat, ledger);
    expect(await row()).toMatchObject({ status: 'open' });
    await expect(standAgain({ canonical: '{"other":1}' })).rejects.toThrow(OrderConflictError);
  });

  test('an open intent stays open if the query fails, and is checked again within 30 s', async () => {
    const { clock, ledger, row } = await openIntent();
    await lookOnce(
      queriesAnswering(() => Promise.reject(new Error('no answer'))),
      ledger,
    );
    const { status, check_at } = await row();
    expect(status).toBe('open');
    expect(check_at).toBeGreaterThan(clock.now());
    expect(check_at).toBeLessThanOrEqual(clock.now() + 30_000);
  });

  test('an open intent keeps its schedule if a call acquired it during a failed query', async () => {
    const { clock, ledger, row, standAgain } = await openIntent();
    const wechat = queriesAnswering(async () => {
      await standAgain();
      throw new Error('no answer');
    });
    await lookOnce(wechat, ledger);
    expect((await row()).check_at).toBeGreaterThanOrEqual(clock.now() + MINUTE);
  });

  test('an intent that its call finishes during the query keeps that result', async () => {
    const { ledger, id, row } = await openIntent();
    const wechat = queriesAnswering(async () => {
      await finish(ledger, id);
      return null;
    });
    await lookOnce(wechat, ledger);
    expect(await row()).toMatchObject({ status: 'done' });
  });

  test('an intent that cannot be decrypted is kept, and does not stop the others', async () => {
    const { clock, ledger, row } = await openIntent({ operation: 'complete' });
    const broken = ledger.encryption.encrypt('{}', 'another kind');
    await ledger.store.write((tx) => tx.updateTable('intents').set({ body: broken }).execute());
    clock.advance(-MINUTE);
    await acquire(ledger, { outOrderNo: 'N2' });
    clock.advance(MINUTE);
    const wechat = queriesAnswering((outOrderNo) => (outOrderNo === 'N1' ? shownOrder() : null));
    await lookOnce(wechat, ledger);
    expect(await row()).toMatchObject({ status: 'open' });
    const open = ledger.store.db.selectFrom('intents').select('out_order_no');
    const numbers = await open.where('status', '=', 'open').execute();
    expect(numbers.map((intent) => intent.out_order_no)).toEqual(['N1']);
  });
});
