import type { ChangedPayAfterOrder, PayAfterOrder } from '../../wechat/index.ts';
import { checkActsForAll } from '../access/ownership.ts';
import { PAY_AFTER_ORDERS } from '../products/products.ts';
import { InvalidInputError } from '../rules/field-rules.ts';
import { type SyncInput, syncInputIssues } from '../rules/update-input.ts';
import { refuseUnlessDone } from './repeated-write.ts';
import { startDeadline, writeOrder } from './write-order.ts';
import type { OrderServices, OrderWrite, Replayable } from './write-types.ts';

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
  return refusal === undefined
    ? await writeOrder(services, write(), deadline)
    : await refuseUnlessDone(services, write, refusal, deadline);
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
