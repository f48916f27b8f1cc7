import { type ChangedPayAfterOrder, OrderNotFoundError, OrderStateError } from '../wechat/index.ts';
import { askBeforeWrite, NO_ANSWER } from './ask-before-write.ts';
import { type CallDeadline, startDeadline } from './call-deadline.ts';
import { type CancelInput, cancelInputIssues } from './change-input.ts';
import type { OrderDesk } from './desk.ts';
import { InvalidInputError } from './input-issue.ts';
import { checkReach } from './owner.ts';
import { type Refusal, repeatOrRefuse } from './repeat-or-refuse.ts';
import { type OrderWrite, type Replayable, writeOrder } from './write-order.ts';

/**
 * Cancels an order. A shopper may do so before it is confirmed; for others WeChat decides. The user
 * may still confirm between the check of a shopper's cancel and the cancel itself: WeChat has no
 * conditional cancel.
 * @throws InvalidInputError, LedgerUnavailableError, OrderNotFoundError, OrderStateError,
 *   OrderConflictError, WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function cancelOrder(
  desk: OrderDesk,
  input: CancelInput,
): Promise<Replayable<ChangedPayAfterOrder>> {
  const deadline = startDeadline(desk.wechat);
  const refusal = await checkCancel(desk, input, deadline);
  const write = () => cancelWrite(desk, input);
  return refusal === undefined
    ? await writeOrder(desk, write(), deadline)
    : await repeatOrRefuse(desk, write, refusal, deadline);
}

async function checkCancel(
  desk: OrderDesk,
  input: CancelInput,
  { sendBy, queryBy }: CallDeadline,
): Promise<Refusal | undefined> {
  const { wechat, inputRules, reach } = desk;
  const issues = cancelInputIssues(input, inputRules);
  if (issues.length > 0) {
    return { error: new InvalidInputError(issues) };
  }
  if (reach.kind === 'everybody') {
    return undefined;
  }
  return (
    (await checkReach(desk, input, { sendBy, queryBy })) ??
    (await checkNotConfirmed(wechat, input, queryBy))
  );
}

/** A shopper may withdraw only what has not begun: queried live, since the ledger may be behind. */
async function checkNotConfirmed(
  wechat: OrderDesk['wechat'],
  { appid, serviceId, outOrderNo }: CancelInput,
  queryBy: number,
): Promise<Refusal | undefined> {
  const order = await askBeforeWrite(wechat, { appid, serviceId, outOrderNo }, queryBy);
  if (order === null) {
    return { error: new OrderNotFoundError(outOrderNo, NO_ANSWER) };
  }
  return order.state === 'CREATED'
    ? undefined
    : { error: new OrderStateError(outOrderNo, order.state, NO_ANSWER), order };
}

function cancelWrite(
  { wechat, reach }: OrderDesk,
  input: CancelInput,
): OrderWrite<ChangedPayAfterOrder> {
  const { appid, serviceId, outOrderNo } = input;
  const fresh = wechat.prepare.cancel(input);
  return {
    intended: {
      operation: 'cancel',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      owner: reach.kind === 'owner' ? reach.owner : null,
      prepare: () => fresh,
    },
    send: (options) => wechat.cancelPayAfterOrder(input, options),
    seen: () => ({ outOrderNo, appid, serviceId, state: 'REVOKED' }),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}
