import '../fixtures/property-seed.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOf, orderOf, see, type Words } from '../fixtures/ledger/observations.ts';
import { openTestLedger } from '../fixtures/ledger/test-ledger.ts';

const RUNS = 150;

const under = (stateDescription: string, totalAmount: number | null = null): Words => ({
  ...{ state: 'DOING', stateDescription, totalAmount },
});

/** What WeChat Pay shows of a service order, from its create on. */
const histories = fc
  .record({
    isConfirmed: fc.boolean(),
    totals: fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 4 }),
    end: fc.constantFrom('PAID', 'CANCELED', 'OPEN', 'EXPIRED'),
  })
  .map(({ isConfirmed, totals, end }): readonly Words[] => {
    const lowered = totals.toSorted((one, other) => other - one);
    const created: Words = { state: 'CREATED' };
    if (!isConfirmed) {
      return [created, ...(end === 'EXPIRED' ? [{ state: 'EXPIRED' }] : [])];
    }
    const begun = [
      created,
      under('USER_CONFIRM'),
      ...lowered.map((sum) => under('MCH_COMPLETE', sum)),
    ];
    const totalAmount = lowered.at(-1) ?? null;
    const paid = {
      state: 'DONE',
      collectionStateRaw: 'USER_PAID',
      totalAmount,
      paidAmount: totalAmount,
    };
    const ends: Readonly<Record<string, readonly Words[]>> = {
      PAID: [paid],
      CANCELED: [{ state: 'REVOKED' }],
    };
    return [...begun, ...(ends[end] ?? [])];
  });

/** In which order they arrive: late, twice, or never; the last one always does. */
const arrivals = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    arrived: fc
      .array(fc.integer({ min: 0, max: history.length - 1 }), { maxLength: 12 })
      .chain((steps) =>
        fc.shuffledSubarray([...steps, history.length - 1], { minLength: steps.length + 1 }),
      ),
  }),
);

test('whatever arrives late, twice or never, the record is what WeChat Pay shows last, and its events follow each other', async () => {
  const ledger = await openTestLedger();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ history, arrived }) => {
      run += 1;
      const outOrderNo = `N${run}`;
      for (const step of arrived) {
        const seen = await see(ledger, { product: 'SERVICE_ORDER', outOrderNo, ...history[step] });
        expect(seen.outcome).not.toBe('suspicious');
      }
      const last = history.at(-1);
      const order = await orderOf(ledger, outOrderNo);
      expect(order).toMatchObject({ state_raw: last?.state, conflict_at: null });
      if (typeof last?.totalAmount === 'number') {
        expect(order.total_amount).toBe(last.totalAmount);
      }
      const events = (await eventsOf(ledger)).filter((event) => event.out_order_no === outOrderNo);
      expect(events.map((event) => event.previous_status)).toEqual([
        null,
        ...events.slice(0, -1).map(({ status }) => status),
      ]);
      const changes = events.filter(({ type }) => type === 'STATUS_CHANGED');
      expect(new Set(changes.map(({ status }) => status)).size).toBe(changes.length);
      expect(events.at(-1)).toMatchObject({ id: order.last_event_id, status: order.status });
    }),
    { numRuns: RUNS },
  );
  await ledger.close();
});
