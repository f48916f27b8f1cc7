import type { Visibility } from '../../domain/visibility.ts';
import type { IntentRow } from '../../ledger/database/tables.ts';
import { intentBody } from '../../ledger/find-intent.ts';
import { STANDING } from '../../ledger/finish-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { beforeSending } from '../../ledger/ledger-deadline.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  outcomeByQuery,
  type PayAfterOrder,
  type WechatPay,
} from '../../wechat/index.ts';
import type { CallDeadline } from '../commands/call-deadline.ts';
import { NO_ANSWER, queryBeforeWrite } from '../commands/query-before-write.ts';
import type { Refusal } from '../commands/repeat-or-refuse.ts';

/** What is needed to tell whose an order is. */
export interface OwnershipServices {
  readonly ledger: Pick<Ledger, 'store' | 'encryption' | 'log'>;
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly visibility: Visibility;
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
 * @throws LedgerUnavailableError, or what queryBeforeWrite throws
 */
export async function checkOwnOrder(
  desk: OwnershipServices,
  ids: OrderIds,
  { sendBy, queryBy }: Pick<CallDeadline, 'sendBy' | 'queryBy'>,
): Promise<Refusal | undefined> {
  const { ledger, wechat, visibility } = desk;
  if (visibility.kind === 'all') {
    return undefined;
  }
  const { appid, serviceId, outOrderNo } = ids;
  const search = findOwnership(ledger, visibility.owner, outOrderNo);
  const ownership = await beforeSending(ledger, sendBy, search);
  const isOwn =
    typeof ownership === 'string'
      ? ownership === 'own'
      : isOf(
          ledger,
          ownership.intent,
          await queryBeforeWrite(wechat, { appid, serviceId, outOrderNo }, queryBy),
        );
  const error = new OrderNotFoundError(outOrderNo, NO_ANSWER);
  return isOwn ? undefined : { error, isForeign: ownership === 'foreign' };
}

/** Checks that a caller may act for every user: shoppers never complete or sync an order. */
export function checkActsForAll(
  { visibility }: Pick<OwnershipServices, 'visibility'>,
  outOrderNo: string,
): Refusal | undefined {
  return visibility.kind === 'all'
    ? undefined
    : { error: new OrderNotFoundError(outOrderNo, NO_ANSWER), isForeign: true };
}

/**
 * Checks that a number is not recorded for another user, or for one who is not known.
 * @throws LedgerUnavailableError
 */
export async function checkNumberAvailable(
  { ledger, visibility }: OwnershipServices,
  outOrderNo: string,
  sendBy: number,
): Promise<Refusal | undefined> {
  if (visibility.kind === 'all') {
    return undefined;
  }
  const search = findOwnership(ledger, visibility.owner, outOrderNo);
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
export async function showIfVisible(
  { ledger, visibility }: Pick<OwnershipServices, 'ledger' | 'visibility'>,
  outOrderNo: string | null,
  load: () => Promise<PayAfterOrder | null>,
): Promise<PayAfterOrder | null> {
  if (visibility.kind === 'all') {
    return await load();
  }
  const known =
    outOrderNo === null ? undefined : await findOwnership(ledger, visibility.owner, outOrderNo);
  if (typeof known === 'string' && known !== 'own') {
    return null;
  }
  const order = await load();
  const ownership =
    known ?? (await findOwnership(ledger, visibility.owner, order?.outOrderNo ?? ''));
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
  { encryption }: Pick<Ledger, 'encryption'>,
  intent: IntentRow,
  order: PayAfterOrder | null,
): boolean {
  const body = intentBody(intent, encryption);
  return order !== null && outcomeByQuery('create', body, order) === 'took-effect';
}
