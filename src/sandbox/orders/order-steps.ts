import { announceOrder } from '../notifications/events.ts';
import type { SandboxState } from '../sandbox.ts';
import type { OrderState } from './order-state.ts';
import { type Completion, type Order, step } from './orders.ts';

/**
 * Takes an order one step further and tells the merchant, where WeChat does; undefined, and nothing
 * has happened, if no step leads there.
 */
export function take(order: Order, to: OrderState, world: SandboxState): Order | undefined {
  const moved = step(order, to, world.clock.now());
  if (moved) {
    world.orders.put(moved);
    announceOrder(moved, world);
  }
  return moved;
}

/** An order that was paid outside of WeChat, as the merchant says. */
export function settle(order: Order, paidAtMs: number, world: SandboxState): void {
  const paid = step(order, 'USER_PAID', paidAtMs);
  if (paid) {
    const settled: Order = { ...paid, payType: 'MchChannelPayType' };
    world.orders.put(settled);
    if (world.rules.notifyAfterSync) {
      announceOrder(settled, world);
    }
  }
}

/** What becomes of an order that the merchant completes: paid by and by, or not used after all. */
export function finish(order: Order, completion: Completion, world: SandboxState): void {
  const completed = { ...order, completion };
  if (completion.finishType === 2) {
    take(completed, 'FINISHED', world);
    collect(order.outOrderNo, completion.totalAmount, world);
    return;
  }
  const { stateAfterUnused } = world.rules;
  if (stateAfterUnused === 'USER_PAID') {
    take({ ...completed, state: 'FINISHED' }, stateAfterUnused, world);
  } else {
    take(completed, stateAfterUnused, world);
  }
}

/** WeChat collects the money by itself, unless somebody was quicker. */
function collect(outOrderNo: string, totalAmount: number, world: SandboxState): void {
  const { payDelaySeconds, payZeroTotal } = world.rules;
  const delay = totalAmount === 0 && payZeroTotal === 'at-once' ? 0 : payDelaySeconds;
  const pay = () => {
    const order = world.orders.find(outOrderNo, world.clock.now());
    if (order) {
      take(order, 'USER_PAID', world);
    }
  };
  if (delay === 0) {
    pay();
  } else if (delay !== null) {
    world.timers.after(delay * 1000, pay);
  }
}
