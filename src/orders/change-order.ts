import type { ChangedPayAfterOrder } from '../wechat/index.ts';
import {
  type CancelInput,
  cancelInputIssues,
  type SyncInput,
  syncInputIssues,
} from './change-input.ts';
import type { OrderDesk } from './desk.ts';
import { refuseInvalid } from './input-issue.ts';
import { writeOrder } from './write-order.ts';

/**
 * Cancels an order.
 * @throws InvalidInputError, OrderNotFoundError, OrderStateError, OrderConflictError,
 *   WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function cancelOrder(
  { wechat, inputRules, ledger }: OrderDesk,
  input: CancelInput,
): Promise<ChangedPayAfterOrder> {
  refuseInvalid(cancelInputIssues(input, inputRules));
  const { appid, serviceId, outOrderNo } = input;
  const fresh = wechat.prepare.cancel(input);
  return await writeOrder(ledger, {
    intended: {
      operation: 'cancel',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      prepare: () => fresh,
    },
    openid: null,
    send: (options) => wechat.cancelPayAfterOrder(input, options),
    seen: () => ({ outOrderNo, appid, serviceId, state: 'REVOKED' }),
  });
}

/**
 * Tells WeChat that the user has paid elsewhere.
 * @throws what cancelOrder throws
 */
export async function syncOrder(
  { wechat, inputRules, ledger }: OrderDesk,
  input: SyncInput,
): Promise<ChangedPayAfterOrder> {
  refuseInvalid(syncInputIssues(input, inputRules));
  const { appid, serviceId, outOrderNo, paidTime } = input;
  const request = {
    appid,
    serviceId,
    outOrderNo,
    type: 'Order_Paid',
    detail: { paidTime },
  };
  const fresh = wechat.prepare.sync(request);
  return await writeOrder(ledger, {
    intended: {
      operation: 'sync',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      prepare: () => fresh,
    },
    openid: null,
    send: (options) => wechat.syncPayAfterOrder(request, options),
    seen: () => ({ outOrderNo, appid, serviceId, state: 'USER_PAID' }),
  });
}
