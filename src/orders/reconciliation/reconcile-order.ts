import type { Ledger } from '../../ledger/ledger.ts';
import type { OrderRecord } from '../../ledger/records.ts';
import type { WechatPay } from '../../wechat/index.ts';
import { observationOf, warnIfSuspicious } from '../state/observation.ts';

/** Queries an order at WeChat Pay and records it; then sets the time of the next query. */
export async function reconcileOrder(
  ledger: Ledger,
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  order: OrderRecord,
): Promise<void> {
  const { outOrderNo, appid, serviceId } = order;
  const query = { outOrderNo, appid, serviceId };
  const shown = await wechat.queryPayAfterOrder(query, { proven: true });
  const observation = shown && observationOf(shown, 'RECONCILER', ledger.now());
  const observed = await ledger.finishOrderReconciliation({ order, observation });
  warnIfSuspicious(ledger, observation, observed);
}
