/**
 * Whose orders a caller may see: all, or those of one owner. `owner` is the user that the caller
 * itself names, as a keyed hash.
 */
export type Visibility =
  | { readonly kind: 'all'; readonly owner: string | null }
  | { readonly kind: 'own'; readonly owner: string };

/** Of a caller who may act for every user, and names none. */
export const ALL_ORDERS: Visibility = { kind: 'all', owner: null };
