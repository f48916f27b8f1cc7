import { LRUCache } from 'lru-cache';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation, Observed } from '../../ledger/observation.ts';
import type { EventSource } from '../../ledger/records.ts';
import { type PayAfterOrder, toWireTime, wireMoment } from '../../wechat/index.ts';

/** An order as WeChat Pay returned it, whichever call queried it. */
export function observationOf(order: PayAfterOrder, source: EventSource, now: number): Observation {
  const { outOrderNo, appid, serviceId, state, riskAmount, paySuccTime } = order;
  const isPaid = state === 'USER_PAID';
  // A 0 that is shown before the order is completed must not contradict its later total.
  const totalAmount = COMPLETED.has(state) ? order.totalAmount : null;
  const paidAt = wireMoment(toWireTime(paySuccTime ?? '') ?? '');
  const { finishTransactionId: transactionId } = order;
  return {
    product: 'PAY_AFTER',
    outOrderNo,
    appid,
    serviceId,
    state,
    source,
    occurredAt: isPaid && paidAt !== undefined ? paidAt : now,
    riskAmount,
    totalAmount,
    paidAmount: isPaid ? totalAmount : null,
    serviceIntroduction: order.serviceIntroduction,
    planned: {
      startTime: order.serviceStartTime,
      endTime: order.serviceEndTime,
      startLocation: order.serviceStartLocation,
      endLocation: order.serviceEndLocation,
    },
    payments: isPaid && transactionId ? [{ transactionId, amount: totalAmount }] : [],
  };
}

/** The states in which an order has a total. */
const COMPLETED: ReadonlySet<string> = new Set(['FINISHED', 'USER_PAID']);

/** Records an observation in the background: it neither delays nor fails the caller. */
function applyObservationLater(ledger: Ledger, seen: Observation, onFailure: () => void): void {
  ledger.applyObservation(seen).then(
    (observed) => warnIfSuspicious(ledger, seen, observed),
    (err: unknown) => {
      onFailure();
      ledger.log.error({ err }, 'recording an observation of an order failed');
    },
  );
}

export function warnIfSuspicious(
  { log }: Pick<Ledger, 'log'>,
  seen: Observation | null,
  observed: Observed | null,
): void {
  if (seen !== null && observed?.outcome === 'suspicious') {
    const { outOrderNo, source } = seen;
    log.warn(
      { outOrderNo, source, reason: observed.reason },
      'observation contradicts the ledger, not applied',
    );
  }
}

/** Records what queries show in the ledger, if it is new. */
export interface ObservationFilter {
  readonly see: (order: PayAfterOrder) => void;
  readonly close: () => void;
}

const REMEMBERED = 10_000;
/** Characters of a number and a state; WeChat Pay's have 42. Longer ones are looked up in the ledger each time. */
const LONGEST_ENTRY = 128;

/**
 * A query causes no write while it shows the last recorded state: the last observed states are
 * cached, whichever call observed them.
 */
export function createObservationFilter(ledger: Ledger): ObservationFilter {
  const states = new LRUCache<string, string>({
    max: REMEMBERED,
    maxEntrySize: LONGEST_ENTRY,
    sizeCalculation: (state, outOrderNo) => state.length + outOrderNo.length + 1,
  });
  const close = ledger.bus.subscribe(({ outOrderNo, stateRaw }) =>
    states.set(outOrderNo, stateRaw),
  );
  return {
    see: (order) => {
      if (states.get(order.outOrderNo) !== order.state) {
        states.set(order.outOrderNo, order.state);
        const seen = observationOf(order, 'QUERY', ledger.now());
        // An observation that could not be recorded counts as new the next time.
        applyObservationLater(ledger, seen, () => states.delete(order.outOrderNo));
      }
    },
    close,
  };
}
