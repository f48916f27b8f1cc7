import type { OrderState } from '../../orders/order-state.ts';
import { take } from '../../orders/order-steps.ts';
import { operationAnswer } from '../../orders/order-views.ts';
import { readObject } from '../../validation/body-object.ts';
import { cancelFindings } from '../../validation/short-bodies.ts';
import { NUMBER } from '../answer.ts';
import { alreadyCancelled, operate, wrongState } from './operation.ts';
import type { Route } from './route.ts';

/**
 * 撤销先享后付订单. Which states allow it is not documented; as in the neighbouring products it is those
 * before complete.
 */
export const cancel: Route = {
  kind: 'cancel',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/cancel',
  handle: (call, world) => {
    const wire = readObject(call.body, (sent) => cancelFindings(sent, world.rules));
    return operate(call, wire, world, {
      operation: 'cancel',
      mustAllow,
      prepare: (order) => () => take(order, 'REVOKED', world),
      answer: operationAnswer,
    });
  },
};

function mustAllow(state: OrderState): void {
  switch (state) {
    case 'CREATED':
    case 'USER_ACCEPTED':
      return;
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState(NUMBER.notCancellable);
  }
}
