import {
  DAY,
  HOUR,
  MINUTE,
  type OrderState,
  type PayAfterState,
  type StateMachine,
  statusOf,
} from './order-state.ts';

const KNOWN: readonly PayAfterState[] = [
  'CREATED',
  'USER_ACCEPTED',
  'FINISHED',
  'USER_PAID',
  'REVOKED',
  'EXPIRED',
];

export const PAY_AFTER_STATES: StateMachine = {
  next: {
    CREATED: ['ACCEPTED', 'COMPLETED', 'PAID', 'CANCELED', 'EXPIRED'],
    ACCEPTED: ['COMPLETED', 'PAID', 'CANCELED'],
    COMPLETED: ['PAID', 'CANCELED'],
    PAID: [],
    CANCELED: [],
    EXPIRED: [],
    UNKNOWN: [],
  },
  unknownFollows: () => ['CREATED', 'ACCEPTED', 'COMPLETED'],
  canLowerTotal: false,
  checks: {
    // CREATED becomes EXPIRED after an hour; a service may last for weeks, and so may the debit.
    of: { CREATED: [{ upTo: 2 * HOUR, longestInterval: 5 * MINUTE }] },
    otherwise: [{ upTo: 30 * DAY, longestInterval: HOUR }],
  },
};

/** The state of a pay-after order as WeChat Pay names it. */
export function readPayAfterState(raw: string): OrderState {
  const state = KNOWN.find((known) => known === raw) ?? 'UNKNOWN';
  return { status: statusOf(state), stateRaw: raw, stateDescriptionRaw: null };
}
