import type { Ledger } from '../../ledger/ledger.ts';

/** The keyed hash under which the user of an order is known. */
export function ownerOf(ledger: Pick<Ledger, 'ownerOf'>, openid: string): string {
  return ledger.ownerOf(openid);
}
