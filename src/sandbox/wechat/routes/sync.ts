import { beijingMs } from '../../clock.ts';
import { isJsonObject, type JsonObject, textOf } from '../../http/json.ts';
import type { OrderState } from '../../orders/order-state.ts';
import { settle } from '../../orders/order-steps.ts';
import { syncAnswer } from '../../orders/order-views.ts';
import type { Order } from '../../orders/orders.ts';
import { at, readObject } from '../../validation/body-object.ts';
import { syncFindings } from '../../validation/short-bodies.ts';
import { paramError } from '../refusal.ts';
import { alreadyCancelled, alreadyDone, operate, wrongState } from './operation.ts';
import type { Route } from './route.ts';

/** 支付分订单同步: the merchant says that the user has paid outside of WeChat. */
export const sync: Route = {
  kind: 'sync',
  method: 'POST',
  path: '/v3/payscore/payafter-orders/{out_order_no}/sync',
  handle: (call, world) => {
    const wire = readObject(call.body, (sent) => syncFindings(sent, world.rules));
    return operate(call, wire, world, {
      operation: 'sync',
      mustAllow,
      prepare: (order) => {
        const paidAtMs = paidTime(wire, order, world.clock.now());
        return () => settle(order, paidAtMs, world);
      },
      answer: syncAnswer,
    });
  },
};

function mustAllow(state: OrderState): void {
  switch (state) {
    case 'FINISHED':
      return;
    case 'USER_PAID':
      throw alreadyDone();
    case 'REVOKED':
      throw alreadyCancelled();
    default:
      throw wrongState();
  }
}

/** Paid after the second of the complete, and not later than the call. */
function paidTime(wire: JsonObject, { completion }: Order, nowMs: number): number {
  const detail = wire['detail'];
  const digits = isJsonObject(detail) ? textOf(detail, 'paid_time') : undefined;
  const paidAtMs = beijingMs(digits ?? '') ?? nowMs;
  if (completion && paidAtMs <= completion.atMs) {
    throw paramError('参数错误', at('/detail/paid_time', 'not after the complete'));
  }
  if (paidAtMs > nowMs) {
    throw paramError('参数错误', at('/detail/paid_time', 'later than the call'));
  }
  return paidAtMs;
}
