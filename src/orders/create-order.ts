import type { CreatedPayAfterOrder, CreatePayAfterOrderRequest } from '../wechat/index.ts';
import { createInputIssues } from './create-input.ts';
import type { OrderDesk } from './desk.ts';
import { refuseInvalid } from './input-issue.ts';
import { writeOrder } from './write-order.ts';

/**
 * Checks an order against every known rule, puts the intent on the disk, then has WeChat make it.
 * @throws InvalidInputError before anything is written or sent, OrderConflictError where the number
 *   stands for another input, or what createPayAfterOrder of the client throws
 */
export async function createOrder(
  { wechat, inputRules, ledger }: OrderDesk,
  order: CreatePayAfterOrderRequest,
): Promise<CreatedPayAfterOrder> {
  refuseInvalid(createInputIssues(order, inputRules));
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
    openid: order.openid ?? null,
    send: (options) => wechat.createPayAfterOrder(order, options),
    // Its answer has no state: an order that was just made is at least this.
    seen: () => ({ outOrderNo, appid, serviceId, riskAmount, state: 'CREATED' }),
  });
}
