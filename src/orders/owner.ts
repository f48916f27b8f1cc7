import {
  OrderConflictError,
  OrderNotFoundError,
  outcomeByQuery,
  type PayAfterOrder,
  type WechatPay,
} from '../wechat/index.ts';
import { askBeforeWrite, NO_ANSWER } from './ask-before-write.ts';
import type { CallDeadline } from './call-deadline.ts';
import { intentBody } from './find-intent.ts';
import type { Ledger } from './ledger.ts';
import { beforeSending } from './ledger-call.ts';
import type { Reach } from './reach.ts';
import type { Refusal } from './repeat-or-refuse.ts';
import { STANDING } from './settle-intent.ts';
import type { IntentRow } from './store/tables.ts';

/** What is needed to tell whose an order is. */
export interface OwnerDesk {
  readonly ledger: Pick<Ledger, 'store' | 'vault' | 'log'>;
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly reach: Reach;
}

interface OrderIds {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

/** Whose order a number belongs to, for one owner. `unowned`: it is recorded without a user. */
type Ownership = 'own' | 'foreign' | 'unowned' | 'unknown' | Claim;

/** The owner's create is still open: the order is theirs if it is what they sent. */
interface Claim {
  readonly intent: IntentRow;
  /** Whether an order is recorded under the number, without a user. */
  readonly isRecorded: boolean;
}

/**
 * Checks that an order may be written to: one that is not within reach is refused as if it did not
 * exist, without a call. WeChat is queried only if the owner's create is still open.
 * @throws LedgerUnavailableError, or what askBeforeWrite throws
 */
export async function checkReach(
  desk: OwnerDesk,
  ids: OrderIds,
  { sendBy, queryBy }: Pick<CallDeadline, 'sendBy' | 'queryBy'>,
): Promise<Refusal | undefined> {
  const { ledger, wechat, reach } = desk;
  if (reach.kind === 'everybody') {
    return undefined;
  }
  const { appid, serviceId, outOrderNo } = ids;
  const search = findOwnership(ledger, reach.owner, outOrderNo);
  const ownership = await beforeSending(ledger, sendBy, search);
  const isOwn =
    typeof ownership === 'string'
      ? ownership === 'own'
      : isOf(
          ledger,
          ownership.intent,
          await askBeforeWrite(wechat, { appid, serviceId, outOrderNo }, queryBy),
        );
  const error = new OrderNotFoundError(outOrderNo, NO_ANSWER);
  return isOwn ? undefined : { error, isForeign: ownership === 'foreign' };
}

/** Checks that a caller may act for every user: shoppers never complete or sync an order. */
export function checkActsForAll(
  { reach }: Pick<OwnerDesk, 'reach'>,
  outOrderNo: string,
): Refusal | undefined {
  return reach.kind === 'everybody'
    ? undefined
    : { error: new OrderNotFoundError(outOrderNo, NO_ANSWER), isForeign: true };
}

/**
 * Checks that a number is not recorded for another user, or for one who is not known.
 * @throws LedgerUnavailableError
 */
export async function checkNumberAvailable(
  { ledger, reach }: OwnerDesk,
  outOrderNo: string,
  sendBy: number,
): Promise<Refusal | undefined> {
  if (reach.kind === 'everybody') {
    return undefined;
  }
  const search = findOwnership(ledger, reach.owner, outOrderNo);
  const ownership = await beforeSending(ledger, sendBy, search);
  const isUnowned =
    ownership === 'unowned' || (typeof ownership === 'object' && ownership.isRecorded);
  return ownership === 'foreign' || isUnowned
    ? {
        error: new OrderConflictError(outOrderNo, NO_ANSWER),
        isForeign: ownership === 'foreign',
      }
    : undefined;
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
  const known =
    outOrderNo === null ? undefined : await findOwnership(ledger, reach.owner, outOrderNo);
  if (typeof known === 'string' && known !== 'own') {
    return null;
  }
  const order = await load();
  const ownership = known ?? (await findOwnership(ledger, reach.owner, order?.outOrderNo ?? ''));
  const isOwn =
    typeof ownership === 'string' ? ownership === 'own' : isOf(ledger, ownership.intent, order);
  return isOwn ? order : null;
}

async function findOwnership(
  { store: { db } }: Pick<Ledger, 'store'>,
  owner: string,
  outOrderNo: string,
): Promise<Ownership> {
  const order = await db
    .selectFrom('orders')
    .select('owner')
    .where('out_order_no', '=', outOrderNo)
    .executeTakeFirst();
  if (order && order.owner !== null) {
    return order.owner === owner ? 'own' : 'foreign';
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
    return intent.status === 'done' ? 'own' : { intent, isRecorded: order !== undefined };
  }
  return order ? 'unowned' : 'unknown';
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
