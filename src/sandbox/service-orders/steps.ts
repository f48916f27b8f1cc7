import { deliver } from '../notifications/deliver.ts';
import { serviceOrderNotification } from '../notifications/events.ts';
import type { SandboxState } from '../sandbox.ts';
import { accepted, paid, type ServiceOrder } from './service-order.ts';

/** The user confirms; undefined, without effect, if the order does not wait for that. */
export function confirm(
  order: ServiceOrder,
  openid: string,
  sandbox: SandboxState,
): ServiceOrder | undefined {
  if (order.phase !== 'created') {
    return undefined;
  }
  return announced(accepted(order, openid, sandbox.clock.now()), sandbox);
}

/** The user pays, or a debit succeeds; undefined, without effect, if there is nothing to pay. */
export function pay(order: ServiceOrder, sandbox: SandboxState): ServiceOrder | undefined {
  if (order.phase !== 'completed') {
    return undefined;
  }
  return announced(paid(order, 'NEWTON', sandbox.clock.now()), sandbox);
}

/** The merchant reports that it was paid elsewhere. */
export function settle(settled: ServiceOrder, sandbox: SandboxState): void {
  if (sandbox.rules.notifyAfterSync) {
    announced(settled, sandbox);
  } else {
    sandbox.serviceOrders.put(settled);
  }
}

/** What follows a complete: a debit after a delay, or nothing to collect. */
export function complete(order: ServiceOrder, sandbox: SandboxState): void {
  sandbox.serviceOrders.put(order);
  if (order.phase === 'completed') {
    collect(order.outOrderNo, sandbox);
  }
}

/** One debit: it runs for a while, and then succeeds or fails. */
export function collect(outOrderNo: string, sandbox: SandboxState): void {
  const { clock, rules, serviceOrders, timers } = sandbox;
  const begun = serviceOrders.find(outOrderNo, clock.now());
  if (begun && rules.debitSeconds > 0) {
    serviceOrders.put({ ...begun, busyUntilMs: clock.now() + rules.debitSeconds * 1000 });
  }
  const debit = () => {
    const order = serviceOrders.find(outOrderNo, clock.now());
    if (order && sandbox.rules.collection === 'succeeds') {
      pay(order, sandbox);
    }
  };
  const { payDelaySeconds } = rules;
  if (payDelaySeconds === 0) {
    debit();
  } else if (payDelaySeconds !== null) {
    timers.after(payDelaySeconds * 1000, debit);
  }
}

/** A new order; one without confirmation is announced as confirmed. */
export function enter(order: ServiceOrder, sandbox: SandboxState): void {
  if (order.phase === 'accepted' && sandbox.rules.notifyAcceptedAtCreate) {
    announced(order, sandbox);
  } else {
    sandbox.serviceOrders.put(order);
  }
}

function announced(order: ServiceOrder, sandbox: SandboxState): ServiceOrder {
  sandbox.serviceOrders.put(order);
  const notification = serviceOrderNotification(order, sandbox);
  if (notification) {
    deliver(notification, sandbox);
  }
  return order;
}
