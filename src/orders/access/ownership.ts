import type { Visibility } from '../../domain/visibility.ts';
import type { Ownership } from '../../ledger/jobs/find-ownership.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { OrderKey } from '../../ledger/records.ts';
import { OrderConflictError, OrderNotFoundError, OrderStateError } from '../../wechat/index.ts';
import { NO_ANSWER, queryBeforeWrite } from '../commands/query-before-write.ts';
import type { CallDeadline, Refusal } from '../commands/write-types.ts';
import type { OrderQueries, ProductOrders } from '../products/products.ts';
import type { InputIssue } from '../rules/field-rules.ts';

/** Services needed to determine who owns an order. */
export interface OwnershipServices {
  readonly ledger: Pick<Ledger, 'findOwnership'>;
  readonly visibility: Visibility;
}

interface OrderIds {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

/**
 * Checks that the caller may cancel an order: an end user its own one, before it is confirmed. For
 * other callers WeChat Pay decides.
 * @throws LedgerUnavailableError, or what queryBeforeWrite throws
 */
export async function checkOwnUnconfirmed<O>(
  services: OwnershipServices & { readonly wechat: OrderQueries },
  orders: ProductOrders<O>,
  ids: OrderIds,
  deadline: Pick<CallDeadline, 'sendBy' | 'queryBy'>,
): Promise<Refusal<O> | undefined> {
  if (services.visibility.kind === 'all') {
    return undefined;
  }
  return (
    (await checkOwnOrder(services, orders, ids, deadline)) ??
    (await checkNotConfirmed({ orders, wechat: services.wechat }, ids, deadline.queryBy))
  );
}

/**
 * An order of another user is refused as if it did not exist, without a call. WeChat Pay is queried
 * only if the owner's create is still open.
 */
async function checkOwnOrder<O>(
  services: OwnershipServices & { readonly wechat: OrderQueries },
  orders: ProductOrders<O>,
  ids: OrderIds,
  { sendBy, queryBy }: Pick<CallDeadline, 'sendBy' | 'queryBy'>,
): Promise<Refusal<O> | undefined> {
  const { appid, serviceId, outOrderNo } = ids;
  const { product } = orders;
  const ownership = await ownershipFor(services, { product, outOrderNo }, sendBy);
  const isOwn =
    typeof ownership === 'string'
      ? ownership === 'own'
      : isOf(
          orders,
          ownership.body,
          await queryBeforeWrite(
            { orders, wechat: services.wechat },
            { appid, serviceId, outOrderNo },
            queryBy,
          ),
        );
  const error = new OrderNotFoundError(outOrderNo, NO_ANSWER);
  return isOwn ? undefined : { error, isForeign: ownership === 'foreign' };
}

/**
 * An end user may cancel only an unconfirmed order: queried live, because the ledger may be behind.
 */
async function checkNotConfirmed<O>(
  { orders, wechat }: { readonly orders: ProductOrders<O>; readonly wechat: OrderQueries },
  { appid, serviceId, outOrderNo }: OrderIds,
  queryBy: number,
): Promise<Refusal<O> | undefined> {
  const order = await queryBeforeWrite(
    { orders, wechat },
    { appid, serviceId, outOrderNo },
    queryBy,
  );
  if (order === null) {
    return { error: new OrderNotFoundError(outOrderNo, NO_ANSWER) };
  }
  const shown = orders.stateOf(order);
  return shown.state === 'CREATED'
    ? undefined
    : { error: new OrderStateError(outOrderNo, shown, NO_ANSWER), order };
}

/** Checks that the caller may act for every user: end users never complete or sync an order. */
export function checkActsForAll(
  { visibility }: Pick<OwnershipServices, 'visibility'>,
  outOrderNo: string,
): Refusal<never> | undefined {
  return visibility.kind === 'all'
    ? undefined
    : { error: new OrderNotFoundError(outOrderNo, NO_ANSWER), isForeign: true };
}

/** The user of a new order, and what is wrong with the openid of the input. */
interface NewOwner {
  /** Keyed hash of an openid; null if neither the caller nor the input names a user. */
  readonly owner: string | null;
  readonly issues: readonly InputIssue[];
}

const FOREIGN_OPENID: InputIssue = {
  path: ['openid'],
  code: 'NOT_ALLOWED',
  message: "Must be the caller's own openid: omit it.",
};

/** A new order belongs to the user that the caller names, otherwise to the one of the input. */
export function ownerOfNew(
  {
    ledger,
    visibility,
  }: { readonly ledger: Pick<Ledger, 'ownerOf'> } & Pick<OwnershipServices, 'visibility'>,
  openid: string | null | undefined,
): NewOwner {
  const given = typeof openid === 'string' ? ledger.ownerOf(openid) : null;
  const owner = (visibility.kind === 'none' ? null : visibility.owner) ?? given;
  return { owner, issues: given !== null && given !== owner ? [FOREIGN_OPENID] : [] };
}

/**
 * Checks that an order number is not recorded for another or an unknown user.
 * @throws LedgerUnavailableError
 */
export async function checkNumberAvailable(
  services: OwnershipServices,
  order: OrderKey,
  sendBy: number,
): Promise<Refusal<never> | undefined> {
  if (services.visibility.kind === 'all') {
    return undefined;
  }
  const ownership = await ownershipFor(services, order, sendBy);
  const isUnowned =
    ownership === 'unowned' || (typeof ownership === 'object' && ownership.isRecorded);
  return ownership === 'foreign' || isUnowned
    ? {
        error: new OrderConflictError(order.outOrderNo, NO_ANSWER),
        isForeign: ownership === 'foreign',
      }
    : undefined;
}

/**
 * Returns an order only if the caller may see it. A foreign order and a missing one follow the same
 * path to the same null.
 * @param outOrderNo null if only the order itself contains it
 * @param load queries WeChat Pay; not called for a number that is not recorded for the owner
 */
export async function showIfVisible<O extends { readonly outOrderNo: string }>(
  services: OwnershipServices,
  orders: Pick<ProductOrders<O>, 'product' | 'outcomeOf'>,
  outOrderNo: string | null,
  load: () => Promise<O | null>,
): Promise<O | null> {
  if (services.visibility.kind === 'all') {
    return await load();
  }
  const { product } = orders;
  const known =
    outOrderNo === null ? undefined : await ownershipFor(services, { product, outOrderNo });
  if (typeof known === 'string' && known !== 'own') {
    return null;
  }
  const order = await load();
  if (order === null) {
    return null;
  }
  const shown = { product, outOrderNo: order.outOrderNo };
  const ownership = known ?? (await ownershipFor(services, shown));
  const isOwn =
    typeof ownership === 'string' ? ownership === 'own' : isOf(orders, ownership.body, order);
  return isOwn ? order : null;
}

/** Whose the order is for a caller who may not act for every user. */
async function ownershipFor(
  { ledger, visibility }: OwnershipServices,
  order: OrderKey,
  sendBy?: number,
): Promise<Ownership> {
  return visibility.kind === 'own'
    ? await ledger.findOwnership({ ...order, owner: visibility.owner }, sendBy)
    : 'foreign';
}

/** Another order may have the number: it stays with its owner. */
function isOf<O>(
  { outcomeOf }: Pick<ProductOrders<O>, 'outcomeOf'>,
  body: Uint8Array,
  order: O | null,
): boolean {
  return order !== null && outcomeOf('create', body, order) === 'took-effect';
}
