import { LRUCache } from 'lru-cache';
import type { OrderProduct } from '../../domain/order-state.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type {
  EventSource,
  Intent,
  Observation,
  Observed,
  PlannedService,
  WriteResult,
} from '../../ledger/records.ts';
import {
  type CreateServiceOrderRequest,
  fromWireTime,
  type PayAfterOrder,
  type ServiceOrder,
  toWireTime,
  wireMoment,
} from '../../wechat/index.ts';
import { type OrderView, viewOfPayAfterOrder, viewOfServiceOrder } from '../products/order-view.ts';

/** How an order was seen. */
export interface Sighting {
  readonly source: EventSource;
  readonly ledger: Pick<Ledger, 'now' | 'ownerOf'>;
}

/** A pay-after order as WeChat Pay returned it, whichever call queried it. */
export function observationOfPayAfterOrder(order: PayAfterOrder, sighting: Sighting): Observation {
  const view = viewOfPayAfterOrder(order);
  return {
    ...observationOf(order, view, sighting),
    occurredAt: lastPaidAt(view, [order.paySuccTime]) ?? sighting.ledger.now(),
    totalAmount: isCompleted(view) ? order.totalAmount : null,
    planned: {
      startTime: order.serviceStartTime,
      endTime: order.serviceEndTime,
      startLocation: order.serviceStartLocation,
      endLocation: order.serviceEndLocation,
    },
  };
}

/** A service order as WeChat Pay returned it, whichever call queried it. */
export function observationOfServiceOrder(order: ServiceOrder, sighting: Sighting): Observation {
  const { collection, openid } = order;
  const { ledger } = sighting;
  const view = viewOfServiceOrder(order);
  const paidTimes = collection?.details?.map(({ paidTime }) => paidTime) ?? [];
  return {
    ...observationOf(order, view, sighting),
    occurredAt: lastPaidAt(view, paidTimes) ?? ledger.now(),
    // A modify lowers the amount that is collected.
    totalAmount: isCompleted(view) ? (collection?.totalAmount ?? order.totalAmount) : null,
    // Once the order is under way WeChat Pay may show the real ones in the same place.
    planned: view.status === 'CREATED' ? plannedOf(order) : null,
    user: openid ? ledger.ownerOf(openid) : null,
  };
}

/** Times and places of a create, and of an order that shows them unchanged. */
export function plannedOf({
  timeRange,
  location,
}: Pick<CreateServiceOrderRequest | ServiceOrder, 'timeRange' | 'location'>): PlannedService {
  return plannedService({ ...timeRange, ...location });
}

type Given<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** What a create sends, which may have its times in any form, as the record shows it. */
export function plannedService({
  startTime,
  endTime,
  startLocation = null,
  endLocation = null,
}: Given<PlannedService>): PlannedService {
  return {
    startTime: shownTime(startTime),
    endTime: shownTime(endTime),
    startLocation,
    endLocation,
  };
}

function shownTime(time: string | null | undefined): string | null {
  const wire = toWireTime(time ?? '');
  return wire === undefined ? null : (fromWireTime(wire) ?? null);
}

type Shared = Pick<PayAfterOrder, 'outOrderNo' | 'appid' | 'serviceId' | 'serviceIntroduction'>;

function observationOf(
  { outOrderNo, appid, serviceId, serviceIntroduction }: Shared,
  { payments, ...view }: OrderView,
  { source }: Sighting,
) {
  return {
    ...view,
    outOrderNo,
    appid,
    serviceId,
    serviceIntroduction,
    source,
    // Those through WeChat Pay: only they have a transaction id.
    payments: payments.flatMap(({ transactionId, amount }) =>
      transactionId ? [{ transactionId, amount }] : [],
    ),
  };
}

/** A 0 that is shown before the order is completed must not contradict its later total. */
function isCompleted({ status }: OrderView): boolean {
  return status === 'COMPLETED' || status === 'PAID';
}

/** Unix ms; undefined if the order is not paid, or no payment has a time. */
function lastPaidAt({ status }: OrderView, times: readonly (string | null)[]): number | undefined {
  const moments = times.flatMap((time) => wireMoment(toWireTime(time ?? '') ?? '') ?? []);
  return status === 'PAID' && moments.length > 0 ? Math.max(...moments) : undefined;
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

interface ShownEffect {
  readonly seen: Observation | null | undefined;
  /** Null: only a query has shown it. */
  readonly result: WriteResult | null;
}

/** Records in the background that a write took effect, and the observed order. */
export function recordSuccess(
  ledger: Ledger,
  id: string,
  { operation, owner }: Pick<Intent, 'operation' | 'owner'>,
  { seen, result }: ShownEffect,
): void {
  const observation = seen ? { ...seen, owner: operation === 'create' ? owner : null } : null;
  void recorded(ledger, ledger.finishIntent({ id, observation, result })).then((observed) =>
    warnIfSuspicious(ledger, observation, observed ?? null),
  );
}

/** Never rejects; undefined if it could not be recorded. */
export function recorded<R>(
  { log }: Pick<Ledger, 'log'>,
  work: Promise<R>,
): Promise<R | undefined> {
  return work.catch((err: unknown) => {
    log.error({ err }, 'recording the write outcome failed; the reconciler will resolve it');
    return undefined;
  });
}

/** Records what queries show in the ledger, if it is new. */
export interface ObservationFilter {
  readonly see: <O extends Pick<Shared, 'outOrderNo'>>(orders: ObservedOrders<O>, order: O) => void;
  readonly close: () => void;
}

interface FailureLog {
  readonly error: (fields: { readonly err: unknown }, message: string) => void;
}

/** How the orders of a product are observed. */
interface ObservedOrders<O> {
  readonly product: OrderProduct;
  readonly observationOf: (order: O, sighting: Sighting) => Observation;
  /** What of an order may change as long as it exists, as one value to compare. */
  readonly changingPartsOf: (order: O) => string;
}

const REMEMBERED = 10_000;
/** Characters of a number and a state; WeChat Pay's have 42. Longer ones are looked up in the ledger each time. */
const LONGEST_ENTRY = 128;

/**
 * A query causes no write while it shows the last recorded state: the last observed states are
 * cached, whichever call observed them.
 * @param failures while the database is away, each query causes a line
 */
export function createObservationFilter(
  ledger: Ledger,
  failures: FailureLog = ledger.log,
): ObservationFilter {
  const states = new LRUCache<string, string>({
    max: REMEMBERED,
    maxEntrySize: LONGEST_ENTRY,
    sizeCalculation: (state, key) => state.length + key.length + 1,
  });
  const close = ledger.bus.subscribe(({ product, outOrderNo, stateRaw }) => {
    const key = keyOf(product, outOrderNo);
    if (product === 'PAY_AFTER') {
      states.set(key, stateRaw);
    } else {
      // An event of a service order does not have all that may change: the next query is recorded.
      states.delete(key);
    }
  });
  return {
    see: (orders, order) => {
      const key = keyOf(orders.product, order.outOrderNo);
      const state = orders.changingPartsOf(order);
      if (states.get(key) !== state) {
        states.set(key, state);
        const seen = orders.observationOf(order, { source: 'QUERY', ledger });
        // An observation that could not be recorded counts as new the next time.
        applyObservationLater(ledger, seen, (err) => {
          states.delete(key);
          failures.error({ err }, 'recording an observation of an order failed');
        });
      }
    },
    close,
  };
}

/** The same number under the other product is another order. */
function keyOf(product: OrderProduct, outOrderNo: string): string {
  return `${product} ${outOrderNo}`;
}

/** Records an observation in the background: it neither delays nor fails the caller. */
function applyObservationLater(
  ledger: Ledger,
  seen: Observation,
  onFailure: (err: unknown) => void,
): void {
  ledger
    .applyObservation(seen)
    .then((observed) => warnIfSuspicious(ledger, seen, observed), onFailure);
}
