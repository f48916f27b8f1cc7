/**
 * Whose orders a caller may see: all, those of one owner, or none. `owner` is the user that the
 * caller itself names, as a keyed hash.
 */
export type Visibility =
  | { readonly kind: 'all'; readonly owner: string | null }
  | { readonly kind: 'own'; readonly owner: string }
  | { readonly kind: 'none' };

/** Of a caller that may act for every user, and identifies none. */
export const ALL_ORDERS: Visibility = { kind: 'all', owner: null };

/** Of a caller who may act only for the user it names, and names none. */
export const NO_ORDERS: Visibility = { kind: 'none' };
