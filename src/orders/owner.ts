import {
  OrderConflictError,
  OrderNotFoundError,
  outcomeByQuery,
  type PayAfterOrder,
  type WechatPay,
} from '../wechat/index.ts';
import { askBeforeWrite, NO_ANSWER } from './ask-before-write.ts';
import { intentBody } from './intents.ts';
import type { Ledger } from './ledger.ts';
import type { Reach } from './reach.ts';
import { STANDING } from './settle-intent.ts';
import type { IntentRow } from './store/tables.ts';

/** What is needed to tell whose an order is. */
export interface OwnerDesk {
  readonly ledger: Pick<Ledger, 'store' | 'vault'>;
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly reach: Reach;
}

interface OrderIds {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

/** The intent is the owner's open create: what its number stands for may be theirs. */
type Owning = 'theirs' | 'somebody-elses' | 'unknown' | IntentRow;

/**
 * Refuses a write to an order that is not within reach as if it were not there, without a call. WeChat
 * is asked only where the owner's create is still open: its order is theirs if it is what they sent.
 * @throws OrderNotFoundError, or what askBeforeWrite throws
 */
export async function refuseForeign(desk: OwnerDesk, ids: OrderIds): Promise<void> {
  const { ledger, wechat, reach } = desk;
  if (reach.kind === 'everybody') {
    return;
  }
  const { appid, serviceId, outOrderNo } = ids;
  const owning = await find(ledger, reach.owner, outOrderNo);
  const theirs =
    typeof owning === 'string'
      ? owning === 'theirs'
      : isOf(ledger, owning, await askBeforeWrite(wechat, { appid, serviceId, outOrderNo }));
  if (!theirs) {
    throw new OrderNotFoundError(outOrderNo, NO_ANSWER);
  }
}

/** Refuses to make an order under a number that is recorded for somebody else, or for nobody known. */
export async function refuseTaken({ ledger, reach }: OwnerDesk, outOrderNo: string): Promise<void> {
  if (
    reach.kind === 'owner' &&
    (await find(ledger, reach.owner, outOrderNo)) === 'somebody-elses'
  ) {
    throw new OrderConflictError(outOrderNo, NO_ANSWER);
  }
}

/**
 * Shows an order only where it is within reach. A foreign one and one that is not there take the
 * same way to the same null.
 * @param outOrderNo null where only the order itself can say it
 * @param load asks WeChat; not called for a number that is not recorded for the owner
 */
export async function showWithinReach(
  { ledger, reach }: Pick<OwnerDesk, 'ledger' | 'reach'>,
  outOrderNo: string | null,
  load: () => Promise<PayAfterOrder | null>,
): Promise<PayAfterOrder | null> {
  if (reach.kind === 'everybody') {
    return await load();
  }
  const known = outOrderNo === null ? undefined : await find(ledger, reach.owner, outOrderNo);
  if (known === 'somebody-elses' || known === 'unknown') {
    return null;
  }
  const order = await load();
  const owning = known ?? (await find(ledger, reach.owner, order?.outOrderNo ?? ''));
  const theirs = typeof owning === 'string' ? owning === 'theirs' : isOf(ledger, owning, order);
  return theirs ? order : null;
}

async function find(
  { store: { db } }: Pick<Ledger, 'store'>,
  owner: string,
  outOrderNo: string,
): Promise<Owning> {
  const order = await db
    .selectFrom('orders')
    .select('owner')
    .where('out_order_no', '=', outOrderNo)
    .executeTakeFirst();
  if (order && order.owner !== null) {
    return order.owner === owner ? 'theirs' : 'somebody-elses';
  }
  const intent = await db
    .selectFrom('intents')
    .selectAll()
    .where('out_order_no', '=', outOrderNo)
    .where('operation', '=', 'create')
    .where('owner', '=', owner)
    .where('status', 'in', STANDING)
    .executeTakeFirst();
  if (intent) {
    return intent.status === 'done' ? 'theirs' : intent;
  }
  return order ? 'somebody-elses' : 'unknown';
}

/** Another order may have the number: that one stays somebody else's. */
function isOf(
  { vault }: Pick<Ledger, 'vault'>,
  intent: IntentRow,
  order: PayAfterOrder | null,
): boolean {
  const body = intentBody(intent, vault);
  return order !== null && outcomeByQuery('create', body, order) === 'took-effect';
}
