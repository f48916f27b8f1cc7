import type { ChangedPayAfterOrder } from '../../wechat/index.ts';
import { checkActsForAll } from '../access/ownership.ts';
import { InvalidInputError } from '../rules/input-issue.ts';
import { type SyncInput, syncInputIssues } from '../rules/update-input.ts';
import { repeatOrRefuse } from './repeat-or-refuse.ts';
import {
  type OrderServices,
  type OrderWrite,
  type Replayable,
  startDeadline,
  writeOrder,
} from './write-order.ts';

/**
 * Reports to WeChat that the user has paid elsewhere. Never a shopper's.
 * @throws what cancelOrder throws
 */
export async function syncOrder(
  desk: OrderServices,
  input: SyncInput,
): Promise<Replayable<ChangedPayAfterOrder>> {
  const deadline = startDeadline(desk.wechat);
  const issues = syncInputIssues(input, desk.inputRules);
  const refusal =
    checkActsForAll(desk, input.outOrderNo) ??
    (issues.length > 0 ? { error: new InvalidInputError(issues) } : undefined);
  const write = () => syncWrite(desk, input);
  return refusal === undefined
    ? await writeOrder(desk, write(), deadline)
    : await repeatOrRefuse(desk, write, refusal, deadline);
}

function syncWrite({ wechat }: OrderServices, input: SyncInput): OrderWrite<ChangedPayAfterOrder> {
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
    send: (options) => wechat.syncPayAfterOrder(request, options),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}
