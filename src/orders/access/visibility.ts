import type { Vault } from '../../ledger/encryption.ts';

/**
 * Whose orders a caller may know of: everybody's, or those of one owner. `owner` is the user that
 * the caller itself names, as a keyed hash.
 */
export type Reach =
  | { readonly kind: 'everybody'; readonly owner: string | null }
  | { readonly kind: 'owner'; readonly owner: string };

/** Of a caller who may act for every user, and names none. */
export const EVERYBODY: Reach = { kind: 'everybody', owner: null };

/** The keyed hash under which the user of an order is known. */
export function ownerOf({ vault }: { readonly vault: Vault }, openid: string): string {
  return vault.hash(openid, 'owner');
}
