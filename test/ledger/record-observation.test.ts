import { describe, expect, test } from 'vitest';
import { settleIntent } from '../../src/ledger/jobs/finish-intent.ts';
import { acquireIntent } from '../../src/orders/commands/write-order.ts';
import { observationOf } from '../../src/orders/state/observation.ts';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { intended } from '../fixtures/ledger/intended.ts';
import { eventsOf, orderOf, see, shownOrder } from '../fixtures/ledger/observations.ts';
import { standingClock } from '../fixtures/ledger/test-ledger.ts';

describe.each(databases)('what is seen of an order, on $name', ({ start }) => {
  const database = useDatabase(start);

  test('makes one event for each change of its state', async () => {
    const clock = standingClock(5_000);
    const ledger = await database.openLedger({ now: clock.now });
    await see(ledger, { state: 'CREATED', source: 'MUTATION', occurredAt: 4_000 });
    clock.advance(1_000);
    await see(ledger, { state: 'USER_PAID', source: 'NOTIFICATION', occurredAt: 4_500 });
    expect(await eventsOf(ledger)).toMatchObject([
      {
        id: 1,
        state: 'CREATED',
        previous_state: null,
        source: 'MUTATION',
        occurred_at: 4_000,
        received_at: 5_000,
      },
      {
        id: 2,
        state: 'USER_PAID',
        previous_state: 'CREATED',
        source: 'NOTIFICATION',
        occurred_at: 4_500,
        received_at: 6_000,
      },
    ]);
    expect(await orderOf(ledger)).toMatchObject({
      state: 'USER_PAID',
      created_at: 5_000,
      state_since: 6_000,
      last_event_id: 2,
      check_at: null,
    });
  });

  test.each([
    ['seen again', {}],
    ['late', { state: 'CREATED' }],
  ])('changes nothing where it is %s', async (_what, changes) => {
    const ledger = await database.openLedger();
    const known = { state: 'USER_ACCEPTED', riskAmount: 900, owner: 'o' };
    await see(ledger, known);
    const before = await orderOf(ledger);
    expect(await see(ledger, { ...known, ...changes })).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toEqual(before);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test.each([
    ['another appid', { appid: 'wx2' }, 'appid'],
    ['another service', { serviceId: '2' }, 'service_id'],
    ['another risk amount', { riskAmount: 901 }, 'risk_amount'],
    ['another total', { totalAmount: 101 }, 'total_amount'],
    ['a state it can not get to', { state: 'EXPIRED' }, 'state from FINISHED to EXPIRED'],
  ])('is suspicious and changes nothing where it has %s', async (_what, changes, reason) => {
    const ledger = await database.openLedger();
    const known = { state: 'FINISHED', riskAmount: 900, totalAmount: 100 };
    await see(ledger, known);
    const before = await orderOf(ledger);
    const later = { ...known, state: 'USER_PAID', ...changes };
    expect(await see(ledger, later)).toEqual({ outcome: 'suspicious', reason });
    expect(await orderOf(ledger)).toEqual(before);
    expect(await eventsOf(ledger)).toHaveLength(1);
  });

  test('is not contradicted by a total of 0 from before it was completed', async () => {
    const ledger = await database.openLedger();
    const shown = (state: string, totalAmount: number) =>
      see(ledger, observationOf(shownOrder({ state, totalAmount }), 'QUERY', ledger.now()));
    await shown('USER_ACCEPTED', 0);
    expect(await shown('FINISHED', 450)).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ state: 'FINISHED', total_amount: 450 });
    expect(await shown('USER_PAID', 451)).toMatchObject({ outcome: 'suspicious' });
  });

  test('belongs to any intent of its number: an earlier one may never have arrived', async () => {
    const ledger = await database.openLedger();
    const { store, now } = ledger;
    const { id } = await acquireIntent(ledger, intended({ appid: 'wx1' }));
    expect(await see(ledger)).toEqual({ outcome: 'suspicious', reason: 'appid or service_id' });
    await store.write((tx) => settleIntent(tx, id, 'absent', now()));
    await acquireIntent(ledger, intended({ canonical: '{"corrected":1}' }));
    expect(await see(ledger)).toEqual({ outcome: 'applied' });
  });

  test('is not contradicted by an amount of 0 that is not known', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'FINISHED', totalAmount: 0 });
    const paid = await see(ledger, { state: 'USER_PAID', totalAmount: null });
    expect(paid).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ total_amount: 0 });
  });

  test('may come before the answer to its create, which fills in owner and amount', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'USER_ACCEPTED', source: 'NOTIFICATION' });
    const answer = { state: 'CREATED', source: 'MUTATION', owner: 'o', riskAmount: 900 } as const;
    expect(await see(ledger, answer)).toEqual({ outcome: 'nothing-new' });
    expect(await orderOf(ledger)).toMatchObject({
      state: 'USER_ACCEPTED',
      owner: 'o',
      risk_amount: 900,
    });
  });

  test('never gives an order another owner', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { owner: 'first' });
    await see(ledger, { owner: 'second' });
    await see(ledger, { owner: 'second', state: 'USER_ACCEPTED' });
    expect(await orderOf(ledger)).toMatchObject({ owner: 'first', state: 'USER_ACCEPTED' });
  });

  test('is kept as it came where its state is a new word', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'PARTLY_PAID' });
    await see(ledger, { state: 'CREATED' });
    const unknown = { state: 'UNKNOWN', state_raw: 'PARTLY_PAID' };
    expect(await orderOf(ledger)).toMatchObject(unknown);
    expect(await eventsOf(ledger)).toMatchObject([unknown]);
  });

  test('keeps amounts up to the largest whole number exactly', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { riskAmount: Number.MAX_SAFE_INTEGER });
    expect(await orderOf(ledger)).toMatchObject({ risk_amount: Number.MAX_SAFE_INTEGER });
  });

  test('in a newer state hides no known state that comes later, only those before it', async () => {
    const ledger = await database.openLedger();
    for (const state of ['CREATED', 'USER_ACCEPTED', 'PARTLY_DONE']) {
      await see(ledger, { state });
    }
    expect(await see(ledger, { state: 'CREATED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'USER_ACCEPTED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'FINISHED' })).toEqual({ outcome: 'applied' });
    expect(await orderOf(ledger)).toMatchObject({ state: 'FINISHED' });
    expect(await see(ledger, { state: 'USER_PAID' })).toEqual({ outcome: 'applied' });
  });

  test('seen first in a newer state still reaches the known ones', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { state: 'PARTLY_DONE' });
    expect(await see(ledger, { state: 'CREATED' })).toEqual({ outcome: 'nothing-new' });
    expect(await see(ledger, { state: 'USER_ACCEPTED' })).toEqual({ outcome: 'applied' });
  });
});
