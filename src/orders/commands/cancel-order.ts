import {
  type ChangedPayAfterOrder,
  OrderNotFoundError,
  OrderStateError,
  type PayAfterOrder,
} from '../../wechat/index.ts';
import { checkOwnOrder } from '../access/ownership.ts';
import { type OrderQueries, PAY_AFTER_ORDERS, type ProductOrders } from '../products/products.ts';
import { InvalidInputError } from '../rules/field-rules.ts';
import { type CancelInput, cancelInputIssues } from '../rules/update-input.ts';
import { NO_ANSWER, queryBeforeWrite } from './query-before-write.ts';
import { refuseUnlessDone } from './repeated-write.ts';
import { startDeadline, writeOrder } from './write-order.ts';
import type {
  CallDeadline,
  OrderServices,
  OrderWrite,
  Refusal,
  Replayable,
} from './write-types.ts';

/**
 * Cancels an order. An end user may cancel it before it is confirmed; for other callers WeChat Pay
 * decides. The user may still confirm between the check of an end user's cancel and the cancel
 * itself, because WeChat Pay has no conditional cancel.
 * @throws InvalidInputError, LedgerUnavailableError, OrderNotFoundError, OrderStateError,
 *   OrderConflictError, WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function cancelOrder(
  services: OrderServices,
  input: CancelInput,
): Promise<Replayable<ChangedPayAfterOrder>> {
  const deadline = startDeadline(services.wechat);
  const refusal = await checkCancel(services, input, deadline);
  const write = () => cancelWrite(services, input);
  return refusal === undefined
    ? await writeOrder(services, write(), deadline)
    : await refuseUnlessDone(services, write, refusal, deadline);
}

async function checkCancel(
  services: OrderServices,
  input: CancelInput,
  { sendBy, queryBy }: CallDeadline,
): Promise<Refusal<PayAfterOrder> | undefined> {
  const { wechat, inputRules, visibility } = services;
  const issues = cancelInputIssues(input, inputRules);
  if (issues.length > 0) {
    return { error: new InvalidInputError(issues) };
  }
  if (visibility.kind === 'all') {
    return undefined;
  }
  const orders = PAY_AFTER_ORDERS;
  return (
    (await checkOwnOrder(services, orders, input, { sendBy, queryBy })) ??
    (await checkNotConfirmed({ orders, wechat }, input, queryBy))
  );
}

/**
 * An end user may cancel only an unconfirmed order: queried live, because the ledger may be behind.
 */
export async function checkNotConfirmed<O>(
  { orders, wechat }: { readonly orders: ProductOrders<O>; readonly wechat: OrderQueries },
  { appid, serviceId, outOrderNo }: Omit<CancelInput, 'reason'>,
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

function cancelWrite(
  { wechat, visibility }: OrderServices,
  input: CancelInput,
): OrderWrite<ChangedPayAfterOrder, PayAfterOrder> {
  const { appid, serviceId, outOrderNo } = input;
  const fresh = wechat.prepare.cancel(input);
  return {
    intended: {
      operation: 'cancel',
      product: 'PAY_AFTER',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      owner: visibility.kind === 'own' ? visibility.owner : null,
      prepare: fresh,
    },
    orders: PAY_AFTER_ORDERS,
    send: (options) => wechat.cancelPayAfterOrder(input, options),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}
