import type { ChangedPayAfterOrder, PayAfterOrder } from '../../../wechat/index.ts';
import { checkActsForAll, checkOwnUnconfirmed } from '../../access/ownership.ts';
import { PAY_AFTER_ORDERS } from '../../products/products.ts';
import { InvalidInputError } from '../../rules/field-rules.ts';
import {
  type CancelInput,
  cancelInputIssues,
  type SyncInput,
  syncInputIssues,
} from '../../rules/pay-after-update-input.ts';
import { startDeadline, writeUnlessRefused } from '../write-order.ts';
import type {
  CallDeadline,
  OrderServices,
  OrderWrite,
  Refusal,
  Replayable,
} from '../write-types.ts';

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
  return await writeUnlessRefused(services, write, refusal, deadline);
}

async function checkCancel(
  services: OrderServices,
  input: CancelInput,
  deadline: CallDeadline,
): Promise<Refusal<PayAfterOrder> | undefined> {
  const issues = cancelInputIssues(input, services.inputRules);
  return issues.length > 0
    ? { error: new InvalidInputError(issues) }
    : await checkOwnUnconfirmed(services, PAY_AFTER_ORDERS, input, deadline);
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

/**
 * Reports to WeChat Pay that the user has paid through another channel; not for end users.
 * @throws what cancelOrder throws
 */
export async function syncOrder(
  services: OrderServices,
  input: SyncInput,
): Promise<Replayable<ChangedPayAfterOrder>> {
  const deadline = startDeadline(services.wechat);
  const issues = syncInputIssues(input, services.inputRules);
  const refusal =
    checkActsForAll(services, input.outOrderNo) ??
    (issues.length > 0 ? { error: new InvalidInputError(issues) } : undefined);
  const write = () => syncWrite(services, input);
  return await writeUnlessRefused(services, write, refusal, deadline);
}

function syncWrite(
  { wechat }: OrderServices,
  input: SyncInput,
): OrderWrite<ChangedPayAfterOrder, PayAfterOrder> {
  const { appid, serviceId, outOrderNo, paidTime } = input;
  const request = { appid, serviceId, outOrderNo, type: 'Order_Paid', detail: { paidTime } };
  const fresh = wechat.prepare.sync(request);
  return {
    intended: {
      operation: 'sync',
      product: 'PAY_AFTER',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      owner: null,
      prepare: fresh,
    },
    orders: PAY_AFTER_ORDERS,
    send: (options) => wechat.syncPayAfterOrder(request, options),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}
