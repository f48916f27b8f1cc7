import { completionOf } from '../../orders/completion.ts';
import type { OrderState } from '../../orders/order-state.ts';
import { finish } from '../../orders/order-steps.ts';
import { operationAnswer } from '../../orders/order-views.ts';
import { readObject } from '../../validation/body-object.ts';
import { completeFindings } from '../../validation/complete-findings.ts';
import { alreadyCancelled, alreadyDone, operate, wrongState } from './operation.ts';
import type { Route } from './route.ts';

/** 完结先享后付订单: the service is over, or was not used after all. WeChat then collects the money. */
export const complete: Route = {
  kind: 'complete',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/complete',
  handle: (call, world) => {
    const { clock, rules } = world;
    const wire = readObject(call.body, (sent) => completeFindings(sent, rules));
    return operate(call, wire, world, {
      operation: 'complete',
      mustAllow,
      prepare: (order) => {
        const completion = completionOf(wire, order, clock.now(), rules);
        return () => finish(order, completion, world);
      },
      answer: operationAnswer,
    });
  },
};

function mustAllow(state: OrderState): void {
  switch (state) {
    case 'USER_ACCEPTED':
      return;
    case 'FINISHED':
    case 'USER_PAID':
      throw alreadyDone();
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState();
  }
}
