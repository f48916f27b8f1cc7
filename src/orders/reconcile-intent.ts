import { hasTaken, type WechatPay } from '../wechat/index.ts';
import { intentBody } from './intents.ts';
import { type Ledger, record, warnIfSuspicious } from './ledger.ts';
import { observationOf, observe } from './observe.ts';
import { leaveOpen, settleIntent } from './settle-intent.ts';
import type { IntentRow, IntentStatus } from './store/tables.ts';

/** WeChat may still be at it: what is not there so long after it was sent is taken not to come. */
const LATEST_EFFECT_MS = 20_000;

/**
 * Finds out what became of a write whose outcome nobody knows: by a query, never by sending it
 * again. What has not taken effect is released, so that its number may be used again.
 */
export async function reconcileIntent(
  ledger: Ledger,
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  intent: IntentRow,
): Promise<void> {
  const { now } = ledger;
  const { id, out_order_no: outOrderNo, appid, service_id: serviceId, owner } = intent;
  const query = { outOrderNo, appid, serviceId };
  const shown = await wechat.queryPayAfterOrder(query, { proven: true });
  const taken =
    shown !== null && hasTaken(intent.operation, intentBody(intent, ledger.vault), shown);
  const status = conclusion(intent, shown !== null, taken, now());
  if (status !== 'open') {
    ledger.onIntent(status);
  }
  const seen = shown && observationOf(shown, 'RECONCILER', now());
  const owned = taken && intent.operation === 'create' ? seen && { ...seen, owner } : seen;
  const observed = await record(ledger, async (tx) => {
    const lease = intent.check_at ?? 0;
    if (status === 'open') {
      await leaveOpen(tx, { id, since: intent.created_at }, now(), lease);
    } else {
      await settleIntent(tx, id, status, now(), lease);
    }
    return owned && (await observe(tx, owned, now()));
  });
  if (owned !== null && observed !== null) {
    warnIfSuspicious(ledger, owned, observed);
  }
}

/** The query failed: later again. */
export function postponeIntent(
  ledger: Ledger,
  { id, created_at: since, check_at: lease }: IntentRow,
): Promise<void> {
  return record(ledger, (tx) => leaveOpen(tx, { id, since }, ledger.now(), lease ?? 0));
}

function conclusion(
  { operation, sent_at: sentAt }: IntentRow,
  exists: boolean,
  taken: boolean,
  now: number,
): IntentStatus {
  if (taken) {
    return 'done';
  }
  if (operation === 'create' && exists) {
    // Another order has the number: this one can't come any more.
    return 'refused';
  }
  return now - sentAt >= LATEST_EFFECT_MS ? 'absent' : 'open';
}
