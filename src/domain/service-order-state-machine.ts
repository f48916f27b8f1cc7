import { DAY, HOUR, type OrderState, type OrderStatus, type StateMachine } from './order-state.ts';

/** The three values that together are the state of a service order; null: omitted. */
export interface ServiceOrderWords {
  readonly state: string;
  readonly stateDescription: string | null;
  /** `collection.state`. */
  readonly collectionState: string | null;
}

export const SERVICE_ORDER_STATES: StateMachine = {
  next: {
    CREATED: ['ACCEPTED', 'COMPLETED', 'PAID', 'CANCELED', 'EXPIRED'],
    ACCEPTED: ['COMPLETED', 'PAID', 'CANCELED'],
    COMPLETED: ['PAID', 'CANCELED'],
    PAID: [],
    CANCELED: [],
    EXPIRED: [],
    UNKNOWN: [],
  },
  // An order that is under way may be at any step between CREATED and PAID: where a later one is
  // known, a description that is omitted or unknown adds nothing.
  unknownFollows: ({ stateRaw }) =>
    stateRaw === 'DOING' ? ['CREATED'] : ['CREATED', 'ACCEPTED', 'COMPLETED'],
  canLowerTotal: true,
  checks: {
    of: {
      // CREATED becomes EXPIRED after 30 days, without a notification.
      CREATED: [{ upTo: 31 * DAY, longestInterval: 6 * HOUR }],
      // WeChat Pay collects until the user has paid.
      COMPLETED: [
        { upTo: 30 * DAY, longestInterval: HOUR },
        { upTo: Number.POSITIVE_INFINITY, longestInterval: DAY },
      ],
    },
    otherwise: [{ upTo: 30 * DAY, longestInterval: HOUR }],
  },
};

/** The state of a service order: `state` is not enough. */
export function readServiceOrderState(words: ServiceOrderWords): OrderState {
  return {
    status: statusOfWords(words),
    stateRaw: words.state,
    // Samples show one beside CREATED too.
    stateDescriptionRaw: words.state === 'DOING' ? words.stateDescription : null,
  };
}

/** `state_description` counts only while the order is under way. */
function statusOfWords({ state, ...words }: ServiceOrderWords): OrderStatus {
  switch (state) {
    case 'CREATED':
    case 'EXPIRED':
      return state;
    case 'DOING':
      return statusUnderWay(words);
    case 'DONE':
      return 'PAID';
    case 'REVOKED':
      return 'CANCELED';
    default:
      return 'UNKNOWN';
  }
}

function statusUnderWay({
  stateDescription,
  collectionState,
}: Omit<ServiceOrderWords, 'state'>): OrderStatus {
  switch (stateDescription) {
    case 'USER_CONFIRM':
      return 'ACCEPTED';
    case 'MCH_COMPLETE':
      // The response to a complete has no collection.
      return collectionState === 'USER_PAID' ? 'PAID' : 'COMPLETED';
    default:
      return 'UNKNOWN';
  }
}
