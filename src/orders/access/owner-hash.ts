import type { Encryption } from '../../ledger/encryption.ts';

/** The keyed hash under which the user of an order is known. */
export function ownerOf(
  { encryption }: { readonly encryption: Encryption },
  openid: string,
): string {
  return encryption.hash(openid, 'owner');
}
