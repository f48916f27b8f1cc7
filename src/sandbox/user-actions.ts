import type { Order } from './orders/orders.ts';
import type { SandboxRules } from './rules.ts';
import type { ServicePermission } from './service-orders/permissions/permission.ts';
import type { ServiceOrder } from './service-orders/service-order.ts';

/** `done`: it has happened, so that doing it again has no effect, and is no error. */
export type Possibility = 'possible' | 'done' | 'impossible';

/** What a user, or time, can do to an order. */
export type OrderAction = 'confirm' | 'decline' | 'pay' | 'expire';

export type OrderActions = Readonly<Record<OrderAction, Possibility>>;

/** What can be done to a pay-after order. The controls and the phone page both follow it. */
export function payAfterActions({ state }: Order, rules: SandboxRules): OrderActions {
  const { payBeforeComplete, stateAfterDecline } = rules;
  const mayPay = state === 'FINISHED' || (state === 'USER_ACCEPTED' && payBeforeComplete);
  return {
    confirm: among(state === 'CREATED', state === 'USER_ACCEPTED'),
    decline: among(state === 'CREATED', state === stateAfterDecline),
    pay: among(mayPay, state === 'USER_PAID'),
    expire: among(state === 'CREATED', state === 'EXPIRED'),
  };
}

/** What can be done to a service order. A package opens the page once. */
export function serviceOrderActions(
  { phase, left = false, payment }: ServiceOrder,
  { packageSingleUse }: SandboxRules,
): OrderActions {
  const waits = phase === 'created';
  return {
    confirm: among(waits && !(left && packageSingleUse), phase === 'accepted'),
    decline: among(waits && !left, left),
    pay: among(phase === 'completed', payment !== undefined),
    expire: among(waits, phase === 'expired'),
  };
}

/** What the user can do about a permission. */
export function permissionActions({
  state,
}: ServicePermission): Readonly<Record<'grant' | 'revoke', Possibility>> {
  return {
    grant: among(state !== 'AVAILABLE', true),
    revoke: among(state === 'AVAILABLE', state === 'UNAVAILABLE'),
  };
}

function among(isPossible: boolean, isDone: boolean): Possibility {
  return isPossible ? 'possible' : isDone ? 'done' : 'impossible';
}
