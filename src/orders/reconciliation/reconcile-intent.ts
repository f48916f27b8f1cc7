import type { Ledger } from '../../ledger/ledger.ts';
import type { Intent, IntentStatus } from '../../ledger/records.ts';
import { outcomeByQuery, type WechatPay, type WriteOutcome } from '../../wechat/index.ts';
import { sentBytes } from '../commands/repeat-or-refuse.ts';
import { observationOf, warnIfSuspicious } from '../state/observation.ts';

/** WeChat may still be at it: what is not there so long after it was sent is taken not to come. */
const LATEST_EFFECT_MS = 20_000;

/**
 * Resolves a write of unknown outcome by a query, never by sending it again. One that has not taken
 * effect is released, so that its number may be used again.
 */
export async function reconcileIntent(
  ledger: Ledger,
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  intent: Intent,
): Promise<void> {
  const { now } = ledger;
  const { outOrderNo, appid, serviceId, owner } = intent;
  const query = { outOrderNo, appid, serviceId };
  const shown = await wechat.queryPayAfterOrder(query, { proven: true });
  const outcome = shown && outcomeByQuery(intent.operation, sentBytes(intent), shown);
  const status = conclusion(intent, outcome, now());
  if (status !== 'open') {
    ledger.onIntent(status);
  }
  const seen = shown && observationOf(shown, 'RECONCILER', now());
  const owned =
    outcome === 'took-effect' && intent.operation === 'create' ? seen && { ...seen, owner } : seen;
  const observed = await ledger.finishIntentReconciliation({
    intent,
    status,
    observation: owned,
  });
  warnIfSuspicious(ledger, owned, observed);
}

/** @param outcome null: WeChat Pay has proved that there is no such order */
function conclusion(
  { operation, sentAt }: Intent,
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
