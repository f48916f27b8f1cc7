import { type ChangedPayAfterOrder, OrderNotFoundError, OrderStateError } from '../wechat/index.ts';
import { askBeforeWrite, NO_ANSWER } from './ask-before-write.ts';
import {
  type CancelInput,
  cancelInputIssues,
  type SyncInput,
  syncInputIssues,
} from './change-input.ts';
import type { OrderDesk } from './desk.ts';
import { refuseInvalid } from './input-issue.ts';
import { refuseForeign } from './owner.ts';
import { writeOrder } from './write-order.ts';

/**
 * Cancels an order. A user who acts alone may do so before it is confirmed; else WeChat decides.
 * @throws InvalidInputError, OrderNotFoundError, OrderStateError, OrderConflictError,
 *   WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function cancelOrder(
  desk: OrderDesk,
  input: CancelInput,
): Promise<ChangedPayAfterOrder> {
  const { wechat, inputRules, ledger, reach } = desk;
  refuseInvalid(cancelInputIssues(input, inputRules));
  await refuseForeign(desk, input);
  const { appid, serviceId, outOrderNo } = input;
  const fresh = wechat.prepare.cancel(input);
  return await writeOrder(ledger, {
    intended: {
      operation: 'cancel',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      prepare: async () => {
        if (reach.kind === 'owner') {
          await refuseConfirmed(wechat, input);
        }
        return fresh;
      },
    },
    owner: null,
    send: (options) => wechat.cancelPayAfterOrder(input, options),
    seen: () => ({ outOrderNo, appid, serviceId, state: 'REVOKED' }),
  });
}

/** A user may withdraw only what has not begun: asked live, since the ledger may be behind. */
async function refuseConfirmed(
  wechat: OrderDesk['wechat'],
  { appid, serviceId, outOrderNo }: CancelInput,
): Promise<void> {
  const order = await askBeforeWrite(wechat, { appid, serviceId, outOrderNo });
  if (order === null) {
    throw new OrderNotFoundError(outOrderNo, NO_ANSWER);
  }
  if (order.state !== 'CREATED') {
    throw new OrderStateError(outOrderNo, order.state, NO_ANSWER);
  }
}

/**
 * Tells WeChat that the user has paid elsewhere.
 * @throws what cancelOrder throws
 */
export async function syncOrder(desk: OrderDesk, input: SyncInput): Promise<ChangedPayAfterOrder> {
  const { wechat, inputRules, ledger } = desk;
  refuseInvalid(syncInputIssues(input, inputRules));
  await refuseForeign(desk, input);
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
    owner: null,
    send: (options) => wechat.syncPayAfterOrder(request, options),
    seen: () => ({ outOrderNo, appid, serviceId, state: 'USER_PAID' }),
  });
}
