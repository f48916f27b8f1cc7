import pLimit from 'p-limit';
import type { Ledger } from '../../ledger/ledger.ts';
import type {
  Intent,
  IntentStatus,
  Operation,
  OrderKey,
  OrderRecord,
} from '../../ledger/records.ts';
import type { WriteOutcome } from '../../wechat/index.ts';
import { sentBytes } from '../commands/repeated-write.ts';
import { LOOK_UPS, type OrderQueries, type ShownOrder } from '../products/products.ts';
import { warnIfSuspicious } from '../state/observation.ts';

/** Polls what is due once a second, until it is closed. */
export interface Reconciler {
  /** Waits for the poll in progress. */
  readonly close: () => Promise<void>;
}

const TICK_MS = 1_000;
/** The calls of one poll come in so many rounds, each side by side. */
const ROUNDS = 2;

export interface ReconcilerOptions {
  /** Limits the calls to WeChat Pay. */
  readonly callsPerSecond?: number;
}

/**
 * Queries WeChat Pay for orders that are not final and for writes of unknown outcome, because
 * notifications are not guaranteed to arrive. Several instances share the work: each row is claimed
 * before it is queried.
 */
export function startReconciler(
  ledger: Ledger,
  wechat: OrderQueries,
  { callsPerSecond = 10 }: ReconcilerOptions = {},
): Reconciler {
  let running: Promise<void> | undefined;
  const look = () => {
    running ??= tick(ledger, wechat, callsPerSecond)
      .catch((err: unknown) =>
        ledger.log.error({ err }, 'claiming the work of the reconciler failed, will retry'),
      )
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(look, TICK_MS);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function tick(ledger: Ledger, wechat: OrderQueries, calls: number): Promise<void> {
  const { intents, orders } = await ledger.claimDue(calls);
  const limit = pLimit(Math.ceil(calls / ROUNDS));
  const failed = (err: unknown, { product, outOrderNo }: OrderKey) =>
    ledger.log.warn({ product, outOrderNo, err }, 'reconciliation query failed, will retry');
  const postponed = async (due: OrderKey, err: unknown, postpone: () => Promise<unknown>) => {
    failed(err, due);
    await postpone().catch((problem: unknown) => failed(problem, due));
  };
  await Promise.all([
    ...intents.map((intent) =>
      limit(() => reconcileIntent(ledger, wechat, intent)).catch((err: unknown) =>
        postponed(intent, err, () => ledger.postponeIntent(intent)),
      ),
    ),
    ...orders.map((order) =>
      limit(() => reconcileOrder(ledger, wechat, order)).catch((err: unknown) =>
        postponed(order, err, () => ledger.postponeOrder(order)),
      ),
    ),
  ]);
}

/**
 * WeChat Pay may still be processing it: an order that does not exist this long after the request
 * counts as not created.
 */
const LATEST_EFFECT_MS = 20_000;
/**
 * A request to collect leaves no trace until the user has paid, which may take weeks: WeChat Pay
 * collects again by itself meanwhile.
 */
const COLLECT_MATTERS_MS = 3_600_000;

/**
 * Resolves a write of unknown outcome by a query, never by sending it again. A write that has not
 * taken effect is released, so that its number can be used again.
 */
async function reconcileIntent(
  ledger: Ledger,
  wechat: OrderQueries,
  intent: Intent,
): Promise<void> {
  const { product, outOrderNo, operation, owner } = intent;
  const shown = await lookUp(ledger, wechat, intent);
  const body = sentBytes(intent);
  const outcome = shown === null ? null : outcomeShown(shown, operation, body);
  const status = conclusion(intent, outcome, ledger.steadyNow());
  if (status !== 'open') {
    ledger.onIntent(status);
  }
  const isCreated = outcome === 'took-effect' && operation === 'create';
  const observation =
    shown && (isCreated ? { ...shown.createdBy(body), owner } : shown.observation);
  const observed = await ledger.finishIntentReconciliation({ intent, status, observation });
  ledger.log.info(
    { product, outOrderNo, operation, outcome: status },
    'reconciled a write of unknown outcome',
  );
  warnIfSuspicious(ledger, observation, observed);
}

/** A write that can no longer take effect, and shows none, has none that matters. */
function outcomeShown(shown: ShownOrder, operation: Operation, body: Uint8Array): WriteOutcome {
  return shown.isSuperseded(operation, body) ? 'no-effect' : shown.outcomeOf(operation, body);
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
      return operation === 'collect' && now - sentAt >= COLLECT_MATTERS_MS ? 'absent' : 'open';
    case 'no-effect':
      if (operation === 'create') {
        // Another order has the number, so this one can no longer be created.
        return 'refused';
      }
      break;
    case null:
      break;
  }
  return now - sentAt >= LATEST_EFFECT_MS ? 'absent' : 'open';
}

/** Queries an order at WeChat Pay, records it, and schedules the next query. */
async function reconcileOrder(
  ledger: Ledger,
  wechat: OrderQueries,
  order: OrderRecord,
): Promise<void> {
  const shown = await lookUp(ledger, wechat, order);
  const observation = shown?.observation ?? null;
  if (shown === null) {
    const { product, outOrderNo } = order;
    ledger.log.info({ product, outOrderNo }, 'WeChat Pay has no such order: it stays as recorded');
  }
  const observed = await ledger.finishOrderReconciliation({ order, observation });
  warnIfSuspicious(ledger, observation, observed);
}

async function lookUp(
  ledger: Ledger,
  wechat: OrderQueries,
  { product, outOrderNo, appid, serviceId }: Pick<Intent, keyof OrderKey | 'appid' | 'serviceId'>,
): Promise<ShownOrder | null> {
  const query = { outOrderNo, appid, serviceId };
  return await LOOK_UPS[product](wechat, query, { source: 'RECONCILER', ledger });
}
