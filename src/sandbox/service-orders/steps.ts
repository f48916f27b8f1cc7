import { deliver } from '../notifications/deliver.ts';
import { serviceOrderNotification } from '../notifications/events.ts';
import type { SandboxState } from '../sandbox.ts';
import { accepted, paid, type ServiceOrder } from './service-order.ts';

/** The user confirms an order that waits for that. */
export function confirm(order: ServiceOrder, openid: string, sandbox: SandboxState): ServiceOrder {
  return announced(accepted(order, openid, sandbox.clock.now()), sandbox);
}

/** The user leaves the page without confirming: the rule `stateAfterDecline` decides. */
export function leave(order: ServiceOrder, sandbox: SandboxState): ServiceOrder {
  const phases = { CREATED: 'created', REVOKED: 'revoked', EXPIRED: 'expired' } as const;
  const phase = phases[sandbox.rules.stateAfterDecline];
  const left: ServiceOrder = { ...order, phase, opened: true, left: true };
  sandbox.serviceOrders.put(left);
  return left;
}

/** The user pays a completed order, or a debit succeeds. */
export function pay(order: ServiceOrder, sandbox: SandboxState): ServiceOrder {
  const { clock, rules } = sandbox;
  return announced(paid(order, 'NEWTON', clock.now(), rules.paymentDetails), sandbox);
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
  } else if (sandbox.rules.notifyAfterZeroTotal) {
    announced(order, sandbox);
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
    if (order?.phase === 'completed' && sandbox.rules.collection === 'succeeds') {
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
