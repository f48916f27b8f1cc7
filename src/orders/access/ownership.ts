import type { Visibility } from '../../domain/visibility.ts';
import type { Ownership } from '../../ledger/jobs/find-ownership.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  outcomeByQuery,
  type PayAfterOrder,
  type WechatPay,
} from '../../wechat/index.ts';
import { NO_ANSWER, queryBeforeWrite } from '../commands/query-before-write.ts';
import type { Refusal } from '../commands/repeat-or-refuse.ts';
import type { CallDeadline } from '../commands/write-order.ts';

/** What is needed to tell whose an order is. */
export interface OwnershipServices {
  readonly ledger: Pick<Ledger, 'findOwnership'>;
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
  readonly visibility: Visibility;
}

interface OrderIds {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
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
  const { wechat, visibility } = desk;
  if (visibility.kind === 'all') {
    return undefined;
  }
  const { appid, serviceId, outOrderNo } = ids;
  const ownership = await ownershipFor(desk, outOrderNo, sendBy);
  const isOwn =
    typeof ownership === 'string'
      ? ownership === 'own'
      : isOf(
          ownership.body,
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
  desk: OwnershipServices,
  outOrderNo: string,
  sendBy: number,
): Promise<Refusal | undefined> {
  if (desk.visibility.kind === 'all') {
    return undefined;
  }
  const ownership = await ownershipFor(desk, outOrderNo, sendBy);
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
  services: Pick<OwnershipServices, 'ledger' | 'visibility'>,
  outOrderNo: string | null,
  load: () => Promise<PayAfterOrder | null>,
): Promise<PayAfterOrder | null> {
  if (services.visibility.kind === 'all') {
    return await load();
  }
  const known = outOrderNo === null ? undefined : await ownershipFor(services, outOrderNo);
  if (typeof known === 'string' && known !== 'own') {
    return null;
  }
  const order = await load();
  if (order === null) {
    return null;
  }
  const ownership = known ?? (await ownershipFor(services, order.outOrderNo));
  const isOwn = typeof ownership === 'string' ? ownership === 'own' : isOf(ownership.body, order);
  return isOwn ? order : null;
}

/** Whose the order is for a caller who may not act for every user. */
async function ownershipFor(
  { ledger, visibility }: Pick<OwnershipServices, 'ledger' | 'visibility'>,
  outOrderNo: string,
  sendBy?: number,
): Promise<Ownership> {
  return visibility.kind === 'own'
    ? await ledger.findOwnership(
        { owner: visibility.owner, product: 'PAY_AFTER', outOrderNo },
        sendBy,
      )
    : 'foreign';
}

/** Another order may have the number: that one stays somebody else's. */
function isOf(body: Uint8Array, order: PayAfterOrder | null): boolean {
  return order !== null && outcomeByQuery('create', body, order) === 'took-effect';
}
