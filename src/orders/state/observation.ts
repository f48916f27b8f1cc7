import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation, Observed, PlannedService } from '../../ledger/observation.ts';
import type { EventSource } from '../../ledger/records.ts';
import {
  type CreateServiceOrderRequest,
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
  return {
    startTime: timeRange?.startTime ?? null,
    endTime: timeRange?.endTime ?? null,
    startLocation: location?.startLocation ?? null,
    endLocation: location?.endLocation ?? null,
  };
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
