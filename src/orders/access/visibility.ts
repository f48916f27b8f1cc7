import type { Ledger } from '../../ledger/ledger.ts';
import type { Visibility } from '../../ledger/records.ts';

export type { Visibility } from '../../ledger/records.ts';

/** Of a caller who may act for every user, and names none. */
export const ALL_ORDERS: Visibility = { kind: 'all', owner: null };

/** The keyed hash under which the user of an order is known. */
export function ownerOf(ledger: Pick<Ledger, 'ownerOf'>, openid: string): string {
  return ledger.ownerOf(openid);
}
