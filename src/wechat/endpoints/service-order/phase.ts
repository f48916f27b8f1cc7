import type { ServiceOrder } from '../../codec/service-order-types.ts';

/**
 * What a service order is at: `state` is not enough, and `state_description` counts only
 * while the order is under way. `unknown`: a word that this client does not know.
 */
export type ServiceOrderPhase =
  | 'created'
  | 'accepted'
  | 'completed'
  | 'done'
  | 'revoked'
  | 'expired'
  | 'unknown';

/** The phase of an order that a response or a notification shows. */
export function phaseOf({
  state,
  stateDescription,
  collection,
}: Pick<ServiceOrder, 'state' | 'stateDescription' | 'collection'>): ServiceOrderPhase {
  switch (state) {
    case 'CREATED':
      return 'created';
    case 'DOING':
      return phaseUnderWay(stateDescription, collection?.state ?? null);
    case 'DONE':
      return 'done';
    case 'REVOKED':
      return 'revoked';
    case 'EXPIRED':
      return 'expired';
    default:
      return 'unknown';
  }
}

function phaseUnderWay(description: string | null, collection: string | null): ServiceOrderPhase {
  switch (description) {
    case 'USER_CONFIRM':
      return 'accepted';
    case 'MCH_COMPLETE':
      return collection === 'USER_PAID' ? 'done' : 'completed';
    default:
      return 'unknown';
  }
}
