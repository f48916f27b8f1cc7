import type { CreatedPayAfterOrder, CreatePayAfterOrderRequest } from '../wechat/index.ts';
import { createInputIssues } from './create-input.ts';
import type { OrderDesk } from './desk.ts';
import { type InputIssue, refuseInvalid } from './input-issue.ts';
import { refuseTaken } from './owner.ts';
import { ownerOf } from './reach.ts';
import { writeOrder } from './write-order.ts';

const FOREIGN_OPENID: InputIssue = {
  path: ['openid'],
  code: 'NOT_ALLOWED',
  message: "Must be the caller's own: leave it out.",
};

/**
 * Checks an order against every known rule, puts the intent on the disk, then has WeChat make it.
 * @throws InvalidInputError before anything is written or sent, OrderConflictError where the number
 *   stands for another input, or what createPayAfterOrder of the client throws
 */
export async function createOrder(
  desk: OrderDesk,
  order: CreatePayAfterOrderRequest,
): Promise<CreatedPayAfterOrder> {
  const { wechat, inputRules, ledger, reach } = desk;
  const given = typeof order.openid === 'string' ? ownerOf(ledger, order.openid) : null;
  const foreign = given !== null && reach.owner !== null && given !== reach.owner;
  refuseInvalid([...createInputIssues(order, inputRules), ...(foreign ? [FOREIGN_OPENID] : [])]);
  await refuseTaken(desk, order.outOrderNo);
  const { appid, serviceId, outOrderNo, riskAmount } = order;
  const fresh = wechat.prepare.create(order);
  return await writeOrder(ledger, {
    intended: {
      operation: 'create',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      prepare: () => fresh,
    },
    owner: reach.owner ?? given,
    send: (options) => wechat.createPayAfterOrder(order, options),
    // Its answer has no state: an order that was just made is at least this.
    seen: () => ({ outOrderNo, appid, serviceId, riskAmount, state: 'CREATED' }),
  });
}
