import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation, Observed } from '../../ledger/observation.ts';
import type { EventSource } from '../../ledger/records.ts';
import { type PayAfterOrder, toWireTime, wireMoment } from '../../wechat/index.ts';

/** What an order shows as WeChat Pay returned it, whichever call asked. */
export function observationOf(order: PayAfterOrder, source: EventSource, now: number): Observation {
  const { outOrderNo, appid, serviceId, state, riskAmount, paySuccTime } = order;
  // A 0 that is shown before the order is completed must not contradict its total later.
  const totalAmount = COMPLETED.has(state) ? order.totalAmount : null;
  const paidAt = wireMoment(toWireTime(paySuccTime ?? '') ?? '');
  const occurredAt = state === 'USER_PAID' && paidAt !== undefined ? paidAt : now;
  return { outOrderNo, appid, serviceId, state, riskAmount, totalAmount, source, occurredAt };
}

/** The states in which an order has a total. */
const COMPLETED: ReadonlySet<string> = new Set(['FINISHED', 'USER_PAID']);

/** Records an observation in the background: it neither delays nor fails the caller. */
export function recordObservationLater(
  ledger: Ledger,
  seen: Observation,
  onFailure: () => void,
): void {
  ledger.recordObservation(seen).then(
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
      'what was seen of an order contradicts the record; it was not applied',
    );
  }
}
