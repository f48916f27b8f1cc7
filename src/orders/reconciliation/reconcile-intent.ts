import type { IntentRow, IntentStatus } from '../../ledger/database/tables.ts';
import { intentBody } from '../../ledger/find-intent.ts';
import { clearQuery, keepOpen, settleIntent } from '../../ledger/finish-intent.ts';
import { type Ledger, record, warnIfSuspicious } from '../../ledger/ledger.ts';
import { observationOf } from '../../ledger/observation.ts';
import { recordObservation } from '../../ledger/record-observation.ts';
import { outcomeByQuery, type WechatPay, type WriteOutcome } from '../../wechat/index.ts';

/** WeChat may still be at it: what is not there so long after it was sent is taken not to come. */
const LATEST_EFFECT_MS = 20_000;

/**
 * Resolves a write of unknown outcome by a query, never by sending it again. One that has not taken
 * effect is released, so that its number may be used again. Of one whose outcome is known only the
 * state that it led to is queried.
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
  const outcome =
    shown && outcomeByQuery(intent.operation, intentBody(intent, ledger.encryption), shown);
  const status = conclusion(intent, outcome, now());
  if (status !== 'open' && intent.status !== 'done') {
    ledger.onIntent(status);
  }
  const seen = shown && observationOf(shown, 'RECONCILER', now());
  const owned =
    outcome === 'took-effect' && intent.operation === 'create' ? seen && { ...seen, owner } : seen;
  const observed = await record(ledger, async (tx) => {
    const lease = intent.check_at ?? 0;
    if (intent.status === 'done') {
      await clearQuery(tx, id, lease);
    } else if (status === 'open') {
      await keepOpen(tx, { id, since: intent.created_at }, now(), lease);
    } else {
      await settleIntent(tx, id, status, now(), { lease });
    }
    return owned && (await recordObservation(tx, owned, now()));
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
  return record(ledger, (tx) => keepOpen(tx, { id, since }, ledger.now(), lease ?? 0));
}

/** @param outcome null: WeChat Pay has proved that there is no such order */
function conclusion(
  { operation, sent_at: sentAt }: IntentRow,
  outcome: WriteOutcome | null,
  now: number,
): IntentStatus {
  switch (outcome) {
    case 'took-effect':
      return 'done';
    case 'undetermined':
      return 'open';
    case 'no-effect':
      if (operation === 'create') {
        // Another order has the number, so that this one can no longer be created.
        return 'refused';
      }
      break;
    case null:
      break;
  }
  return now - sentAt >= LATEST_EFFECT_MS ? 'absent' : 'open';
}
