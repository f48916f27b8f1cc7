import { describe, expect, test, vi } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import {
  cancelOrder,
  syncOrder,
} from '../../../src/orders/commands/pay-after-order/cancel-and-sync.ts';
import { completeOrder } from '../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { eventStream } from '../../../src/orders/events/event-stream.ts';
import { at } from '../../fixtures/json.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { NEWEST, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import {
  cancellation,
  completion,
  paidElsewhere,
  toTheSecond,
} from '../../fixtures/orders/completed.ts';
import { orderInput } from '../../fixtures/orders/services.ts';
import { take } from '../../fixtures/orders/streams.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const ORDERS = 8;
const { upstream, services } = useServices();

/**
 * What each read shows of an order right now. On PostgreSQL a read waits for the writes before it, but
 * at most for a time that a busy machine may need: here that time does not pass.
 */
async function shown(ledger: TestLedger, outOrderNo: string) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    return await read(ledger, outOrderNo);
  } finally {
    vi.useRealTimers();
  }
}

async function read(ledger: TestLedger, outOrderNo: string) {
  const everything = { ...NEWEST, visibility: ALL_ORDERS, size: 100 };
  const events = { product: 'PAY_AFTER' as const, outOrderNo, first: 10, after: 0 };
  const [list, [log]] = await Promise.all([
    ledger.listOrders(everything),
    ledger.listEvents([events]),
  ]);
  const last = log?.rows.at(-1);
  const record = list.rows.find((row) => row.outOrderNo === outOrderNo);
  return {
    record: record?.stateRaw,
    newest: record?.lastEventId === last?.id,
    event: last?.stateRaw,
    exists: last !== undefined && (await ledger.findEvent(ALL_ORDERS, last.id)) !== null,
  };
}

const shows = (state: string) => ({
  record: state,
  newest: true,
  event: state,
  exists: true,
});

describe.each(databases)('on $name', ({ start }) => {
  const database = useDatabase(start);

  test('every read after the response to a create shows its order', async () => {
    const ledger = await database.openLedger();
    for (let count = 0; count < ORDERS; count += 1) {
      const { outOrderNo } = await createOrder({ ...services(), ledger }, orderInput(upstream()));
      expect(await shown(ledger, outOrderNo)).toEqual(shows('CREATED'));
    }
  });

  test('every read after the response to a complete, a sync or a cancel shows it, and a subscription has it', async () => {
    const ledger = await database.openLedger();
    const own = { ...services(), ledger };
    const ending = new AbortController();
    const { signal } = ending;
    const part = { visibility: ALL_ORDERS, outOrderNo: null, signal };
    const open = eventStream(ledger, { ...part, after: null });
    const day = toTheSecond(Date.now() + 86_400_000);

    const { outOrderNo } = await createOrder(own, orderInput(upstream(), { serviceEndTime: day }));
    await upstream().control('POST', `orders/${outOrderNo}/confirm`);
    await completeOrder(own, completion(upstream(), outOrderNo));
    expect(await shown(ledger, outOrderNo)).toEqual(shows('FINISHED'));
    const clock = await upstream().control('POST', 'clock', { advanceSeconds: 60 });
    const paidTime = toTheSecond(Date.parse(String(at(clock, 'now'))) - 30_000);
    await syncOrder(own, paidElsewhere(upstream(), outOrderNo, paidTime));
    expect(await shown(ledger, outOrderNo)).toEqual(shows('USER_PAID'));

    const other = await createOrder(own, orderInput(upstream()));
    await cancelOrder(own, cancellation(upstream(), other.outOrderNo));
    expect(await shown(ledger, other.outOrderNo)).toEqual(shows('REVOKED'));

    const expected = ['CREATED', 'FINISHED', 'USER_PAID', 'CREATED', 'REVOKED'];
    const states = (await take(open, expected.length)).map(({ id, state }) => ({ id, state }));
    expect(states.map(({ state }) => state)).toEqual(expected);
    // One that continues, begun after the response, gets what it has missed.
    const missed = eventStream(ledger, { ...part, after: states.at(-2)?.id ?? null });
    expect((await take(missed, 1)).map(({ state }) => state)).toEqual(['REVOKED']);
    ending.abort();
  });
});
