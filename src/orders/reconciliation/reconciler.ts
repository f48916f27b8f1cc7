import pLimit from 'p-limit';
import type { Ledger } from '../../ledger/ledger.ts';
import type { WechatPay } from '../../wechat/index.ts';
import { reconcileIntent } from './reconcile-intent.ts';
import { reconcileOrder } from './reconcile-order.ts';

/** Looks at what is due, once a second, until it is closed. */
export interface Reconciler {
  /** Waits for the look that is under way. */
  readonly close: () => Promise<void>;
}

const TICK_MS = 1_000;
/** The cap on calls to WeChat: this many a tick. */
const CALLS_PER_TICK = 10;
const SIDE_BY_SIDE = 5;

/**
 * Asks WeChat about orders that are not final and writes of unknown outcome, since notifications are not
 * guaranteed to come. Several instances share the work: each row is claimed before it is asked for.
 */
export function startReconciler(
  ledger: Ledger,
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
): Reconciler {
  let running: Promise<void> | undefined;
  const look = () => {
    running ??= tick(ledger, wechat)
      .catch((err: unknown) => ledger.log.error({ err }, 'the reconciler could not look'))
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

async function tick(ledger: Ledger, wechat: Pick<WechatPay, 'queryPayAfterOrder'>): Promise<void> {
  const { intents, orders } = await ledger.claimDue(CALLS_PER_TICK);
  const limit = pLimit(SIDE_BY_SIDE);
  const looks = [
    ...intents.map((intent) =>
      limit(() => reconcileIntent(ledger, wechat, intent)).catch(async (err: unknown) => {
        await ledger.postponeIntent(intent);
        throw err;
      }),
    ),
    ...orders.map((order) =>
      limit(() => reconcileOrder(ledger, wechat, order)).catch(async (err: unknown) => {
        await ledger.postponeOrder(order);
        throw err;
      }),
    ),
  ];
  for (const look of await Promise.allSettled(looks)) {
    if (look.status === 'rejected') {
      ledger.log.warn({ err: look.reason }, 'WeChat Pay could not be asked; later again');
    }
  }
}
