/** The states of a pay-after order, as WeChat Pay names them. */
export type OrderState =
  | 'CREATED'
  | 'USER_ACCEPTED'
  | 'FINISHED'
  | 'USER_PAID'
  | 'REVOKED'
  | 'EXPIRED';

const NEXT: Readonly<Record<OrderState, readonly OrderState[]>> = {
  CREATED: ['USER_ACCEPTED', 'REVOKED', 'EXPIRED'],
  USER_ACCEPTED: ['FINISHED', 'REVOKED'],
  FINISHED: ['USER_PAID', 'REVOKED'],
  USER_PAID: [],
  REVOKED: [],
  EXPIRED: [],
};

const CREATED_LIVES_MS = 60 * 60 * 1000;

/** Whether one step leads from a state to another. A state is never a step from itself. */
export function mayBecome(from: OrderState, to: OrderState): boolean {
  return NEXT[from].includes(to);
}

/** The current state of an order: CREATED is EXPIRED an hour after the create. Milliseconds. */
export function stateAt(state: OrderState, createdAtMs: number, nowMs: number): OrderState {
  return state === 'CREATED' && nowMs - createdAtMs >= CREATED_LIVES_MS ? 'EXPIRED' : state;
}
