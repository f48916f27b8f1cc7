import pLimit from 'p-limit';
import type { IntentRow, OrderRow } from '../../ledger/database/tables.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { WechatPay } from '../../wechat/index.ts';
import { postponeIntent, reconcileIntent } from './reconcile-intent.ts';
import { postponeOrder, reconcileOrder } from './reconcile-order.ts';

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
  const { intents, orders } = await claimDue(ledger);
  const limit = pLimit(SIDE_BY_SIDE);
  const looks = [
    ...intents.map((intent) =>
      limit(() => reconcileIntent(ledger, wechat, intent)).catch(async (err: unknown) => {
        await postponeIntent(ledger, intent);
        throw err;
      }),
    ),
    ...orders.map((order) =>
      limit(() => reconcileOrder(ledger, wechat, order)).catch(async (err: unknown) => {
        await postponeOrder(ledger, order);
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

/** Claims are writes, and writes come one after the other: no two instances get the same row. */
async function claimDue(
  ledger: Ledger,
): Promise<{ readonly intents: readonly IntentRow[]; readonly orders: readonly OrderRow[] }> {
  const { store, now, holdMs } = ledger;
  const due = now();
  const any = await store.db
    .selectFrom('orders')
    .select('out_order_no as id')
    .where('check_at', '<=', due)
    .unionAll(store.db.selectFrom('intents').select('id').where('check_at', '<=', due))
    .limit(1)
    .executeTakeFirst();
  if (any === undefined) {
    return { intents: [], orders: [] };
  }
  return store.write(async (tx) => {
    const intents = await tx
      .selectFrom('intents')
      .selectAll()
      .where('check_at', '<=', due)
      .orderBy('check_at')
      .limit(CALLS_PER_TICK)
      .execute();
    const orders = await tx
      .selectFrom('orders')
      .selectAll()
      .where('check_at', '<=', due)
      .orderBy('check_at')
      .limit(CALLS_PER_TICK - intents.length)
      .execute();
    const lease = { check_at: due + holdMs };
    for (const { id } of intents) {
      await tx.updateTable('intents').set(lease).where('id', '=', id).execute();
    }
    for (const { out_order_no: number } of orders) {
      await tx.updateTable('orders').set(lease).where('out_order_no', '=', number).execute();
    }
    return { intents: intents.map((intent) => ({ ...intent, ...lease })), orders };
  });
}
