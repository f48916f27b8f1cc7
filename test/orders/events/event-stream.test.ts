import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { event, see } from '../../fixtures/ledger/observations.ts';
import { BEGINNING, type TestLedger, writeRows } from '../../fixtures/ledger/test-ledger.ts';
import { idsOf, take, upTo } from '../../fixtures/orders/streams.ts';

/** Events of orders of their own, in one write. */
async function write(ledger: TestLedger, from: number, to: number): Promise<void> {
  const numbers = upTo(to).slice(from - 1);
  const rows = numbers.map((number) => event({ id: number, out_order_no: `N${number}` }));
  await writeRows(ledger, (tx) => tx.insertInto('events').values(rows).execute());
}

/** Counts who listens. */
function watched(ledger: TestLedger) {
  let listeners = 0;
  const subscribe: TestLedger['bus']['subscribe'] = (...how) => {
    const stop = ledger.bus.subscribe(...how);
    listeners += 1;
    return () => {
      listeners -= 1;
      stop();
    };
  };
  return { ...ledger, bus: { ...ledger.bus, subscribe }, listeners: () => listeners };
}

describe.each(databases)('a stream of events, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('a stream returns stored events, then new ones', async () => {
    const ledger = await database.openLedger();
    await write(ledger, 1, 250);
    const stream = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: 0 });
    expect(idsOf(await take(stream, 250))).toEqual(upTo(250));
    const coming = take(stream, 50);
    await write(ledger, 251, 300);
    expect(idsOf(await coming)).toEqual(upTo(300).slice(250));
  });

  test('a stream starts after its cursor', async () => {
    const ledger = await database.openLedger();
    await write(ledger, 1, 10);
    const stream = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: 7 });
    expect(idsOf(await take(stream, 3))).toEqual([8, 9, 10]);
  });

  test('a stream without a cursor returns only new events', async () => {
    const ledger = await database.openLedger();
    await write(ledger, 1, 10);
    await expect.poll(() => ledger.bus.head()).toBe(10);
    const stream = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: null });
    await write(ledger, 11, 12);
    expect(idsOf(await take(stream, 2))).toEqual([11, 12]);
  });

  test('a stream of one order returns its stored and new events', async () => {
    const ledger = await database.openLedger({ now: BEGINNING });
    await write(ledger, 1, 150);
    const options = { visibility: ALL_ORDERS, outOrderNo: 'N120', after: 0 };
    const stream = eventStream(ledger, options);
    expect(idsOf(await take(stream, 1))).toEqual([120]);
    const coming = take(stream, 2);
    await see(ledger, { outOrderNo: 'N119', state: 'USER_ACCEPTED' });
    await see(ledger, { outOrderNo: 'N120', state: 'USER_ACCEPTED' });
    await write(ledger, 153, 300);
    await see(ledger, { outOrderNo: 'N120', state: 'FINISHED' });
    const states = (await coming).map((event) => [event.outOrderNo, event.state]);
    expect(states).toEqual([
      ['N120', 'USER_ACCEPTED'],
      ['N120', 'FINISHED'],
    ]);
  });

  test('a slow reader and a fast one beside it both receive all events', async () => {
    const ledger = await database.openLedger();
    const slow = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: null });
    const quick = take(
      eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: null }),
      600,
    );
    await write(ledger, 1, 600);
    expect(idsOf(await quick)).toEqual(upTo(600));
    const first = await take(slow, 5);
    await write(ledger, 601, 620);
    expect(idsOf([...first, ...(await take(slow, 615))])).toEqual(upTo(620));
  });

  test('a stream that is returned while it waits ends immediately and unsubscribes', async () => {
    const ledger = watched(await database.openLedger());
    const stream = eventStream(ledger, { visibility: ALL_ORDERS, outOrderNo: null, after: null });
    const waiting = stream.next();
    await nextTurn();
    expect(ledger.listeners()).toBe(1);
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(ledger.listeners()).toBe(0);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('a stream ends with its signal, and returns no buffered event', async () => {
    const ledger = watched(await database.openLedger());
    await write(ledger, 1, 10);
    const stop = new AbortController();
    const stream = eventStream(ledger, {
      visibility: ALL_ORDERS,
      outOrderNo: null,
      after: 0,
      signal: stop.signal,
    });
    expect(idsOf(await take(stream, 2))).toEqual([1, 2]);
    stop.abort();
    expect(ledger.listeners()).toBe(0);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('a stream ends with its signal while it waits', async () => {
    const ledger = watched(await database.openLedger());
    const stop = new AbortController();
    const stream = eventStream(ledger, {
      visibility: ALL_ORDERS,
      outOrderNo: null,
      after: null,
      signal: stop.signal,
    });
    const waiting = stream.next();
    await nextTurn();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('a stream whose signal is already aborted ends immediately', async () => {
    const ledger = watched(await database.openLedger());
    const options = {
      visibility: ALL_ORDERS,
      outOrderNo: null,
      after: 0,
      signal: AbortSignal.abort(),
    };
    expect(await eventStream(ledger, options).next()).toMatchObject({ done: true });
    expect(ledger.listeners()).toBe(0);
  });
});
