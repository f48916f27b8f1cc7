import {
  type ChangedPayAfterOrder,
  OrderNotFoundError,
  OrderStateError,
} from '../../wechat/index.ts';
import { checkOwnOrder } from '../access/ownership.ts';
import { InvalidInputError } from '../rules/input-issue.ts';
import { type CancelInput, cancelInputIssues } from '../rules/update-input.ts';
import { NO_ANSWER, queryBeforeWrite } from './query-before-write.ts';
import { type Refusal, repeatOrRefuse } from './repeat-or-refuse.ts';
import {
  type CallDeadline,
  type OrderServices,
  type OrderWrite,
  type Replayable,
  startDeadline,
  writeOrder,
} from './write-order.ts';

/**
 * Cancels an order. A shopper may do so before it is confirmed; for others WeChat decides. The user
 * may still confirm between the check of a shopper's cancel and the cancel itself: WeChat has no
 * conditional cancel.
 * @throws InvalidInputError, LedgerUnavailableError, OrderNotFoundError, OrderStateError,
 *   OrderConflictError, WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function cancelOrder(
  desk: OrderServices,
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
  desk: OrderServices,
  input: CancelInput,
  { sendBy, queryBy }: CallDeadline,
): Promise<Refusal | undefined> {
  const { wechat, inputRules, visibility } = desk;
  const issues = cancelInputIssues(input, inputRules);
  if (issues.length > 0) {
    return { error: new InvalidInputError(issues) };
  }
  if (visibility.kind === 'all') {
    return undefined;
  }
  return (
    (await checkOwnOrder(desk, input, { sendBy, queryBy })) ??
    (await checkNotConfirmed(wechat, input, queryBy))
  );
}

/** A shopper may withdraw only what has not begun: queried live, since the ledger may be behind. */
async function checkNotConfirmed(
  wechat: OrderServices['wechat'],
  { appid, serviceId, outOrderNo }: CancelInput,
  queryBy: number,
): Promise<Refusal | undefined> {
  const order = await queryBeforeWrite(wechat, { appid, serviceId, outOrderNo }, queryBy);
  if (order === null) {
    return { error: new OrderNotFoundError(outOrderNo, NO_ANSWER) };
  }
  return order.state === 'CREATED'
    ? undefined
    : { error: new OrderStateError(outOrderNo, order.state, NO_ANSWER), order };
}

function cancelWrite(
  { wechat, visibility }: OrderServices,
  input: CancelInput,
): OrderWrite<ChangedPayAfterOrder> {
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
    send: (options) => wechat.cancelPayAfterOrder(input, options),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}
