import { nextOrderCheck } from '../../domain/schedule.ts';
import type { OrderRow } from '../../ledger/database/tables.ts';
import { type Ledger, record, warnIfSuspicious } from '../../ledger/ledger.ts';
import { observationOf } from '../../ledger/observation.ts';
import { recordObservation } from '../../ledger/record-observation.ts';
import type { WechatPay } from '../../wechat/index.ts';

/** Asks WeChat how an order stands and records it; then sets the time of the next look. */
export async function reconcileOrder(
  ledger: Ledger,
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  order: OrderRow,
): Promise<void> {
  const { now } = ledger;
  const { out_order_no: outOrderNo, appid, service_id: serviceId } = order;
  const query = { outOrderNo, appid, serviceId };
  const shown = await wechat.queryPayAfterOrder(query, { proven: true });
  const seen = shown && observationOf(shown, 'RECONCILER', now());
  const observed = await record(ledger, async (tx) => {
    const said = seen && (await recordObservation(tx, seen, now()));
    if (said?.outcome === 'applied') {
      return said;
    }
    const since = order.state_since;
    await tx
      .updateTable('orders')
      .set({
        observed_at: now(),
        check_at: nextOrderCheck({ state: order.state, since, now: now() }, Math.random()),
      })
      .where('out_order_no', '=', outOrderNo)
      .where('state', '=', order.state)
      .execute();
    return said;
  });
  if (seen !== null && observed !== null) {
    warnIfSuspicious(ledger, seen, observed);
  }
}

/**
 * The query failed, which tells nothing of the order: ever more rarely again, and not given up as
 * early as one that was seen to be CREATED.
 */
export function postponeOrder(
  ledger: Ledger,
  { out_order_no: outOrderNo, state, state_since: since }: OrderRow,
): Promise<void> {
  const { now } = ledger;
  return record(ledger, async (tx) => {
    const check = nextOrderCheck({ state: 'UNKNOWN', since, now: now() }, Math.random());
    await tx
      .updateTable('orders')
      .set({ check_at: check })
      .where('out_order_no', '=', outOrderNo)
      .where('state', '=', state)
      .execute();
  });
}
