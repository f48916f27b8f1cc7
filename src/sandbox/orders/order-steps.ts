import { announceOrder } from '../notifications/events.ts';
import type { SandboxState } from '../sandbox.ts';
import type { OrderState } from './order-state.ts';
import { type Completion, type Order, step } from './orders.ts';

/**
 * Moves an order to the next state and notifies the merchant if WeChat Pay does; undefined, without
 * any effect, if the transition does not exist.
 */
export function take(order: Order, to: OrderState, sandbox: SandboxState): Order | undefined {
  const moved = step(order, to, sandbox.clock.now());
  if (moved) {
    sandbox.orders.put(moved);
    announceOrder(moved, sandbox);
  }
  return moved;
}

/** An order that the merchant reports as paid outside of WeChat Pay. */
export function settle(order: Order, paidAtMs: number, sandbox: SandboxState): void {
  const paid = step(order, 'USER_PAID', paidAtMs);
  if (paid) {
    const settled: Order = { ...paid, payType: 'MchChannelPayType' };
    sandbox.orders.put(settled);
    if (sandbox.rules.notifyAfterSync) {
      announceOrder(settled, sandbox);
    }
  }
}

/** The result of a complete: paid after a delay, or not used. */
export function finish(order: Order, completion: Completion, sandbox: SandboxState): void {
  const completed = { ...order, completion };
  if (completion.finishType === 2) {
    take(completed, 'FINISHED', sandbox);
    collect(order.outOrderNo, completion.totalAmount, sandbox);
    return;
  }
  const { stateAfterUnused } = sandbox.rules;
  if (stateAfterUnused === 'USER_PAID') {
    take({ ...completed, state: 'FINISHED' }, stateAfterUnused, sandbox);
  } else {
    take(completed, stateAfterUnused, sandbox);
  }
}

/** WeChat Pay collects the payment, unless the order was paid before. */
function collect(outOrderNo: string, totalAmount: number, sandbox: SandboxState): void {
  const { payDelaySeconds, payZeroTotal } = sandbox.rules;
  const delay = totalAmount === 0 && payZeroTotal === 'at-once' ? 0 : payDelaySeconds;
  const pay = () => {
    const order = sandbox.orders.find(outOrderNo, sandbox.clock.now());
    if (order) {
      take(order, 'USER_PAID', sandbox);
    }
  };
  if (delay === 0) {
    pay();
  } else if (delay !== null) {
    sandbox.timers.after(delay * 1000, pay);
  }
}
