import type { Visibility } from '../../domain/visibility.ts';
import type { LoggedEvent } from '../records.ts';

/** `later`: the event may be visible; the reader's create of its order is not settled. */
export type Sight = 'shown' | 'hidden' | 'later';

export function sightOf(
  visibility: Visibility,
  { owner, claimant }: Pick<LoggedEvent, 'owner' | 'claimant'>,
): Sight {
  if (visibility.kind === 'none') {
    return 'hidden';
  }
  if (visibility.kind === 'all' || owner === visibility.owner) {
    return 'shown';
  }
  return owner === null && claimant === visibility.owner ? 'later' : 'hidden';
}
