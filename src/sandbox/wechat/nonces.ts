/** Remembers the nonces of accepted calls for as long as their timestamps could still pass. */
export interface NonceBook {
  /** Notes a nonce; false if it was used within the last 10 minutes, both ends included. */
  use(nonce: string, nowMs: number): boolean;
}

const REMEMBERED_MS = 10 * 60 * 1000;

export function createNonceBook(): NonceBook {
  // A Map keeps the order of insertion, so the oldest are found first.
  const usedAt = new Map<string, number>();
  return {
    use: (nonce, nowMs) => {
      for (const [old, atMs] of usedAt) {
        if (nowMs - atMs <= REMEMBERED_MS) {
          break;
        }
        usedAt.delete(old);
      }
      if (usedAt.has(nonce)) {
        return false;
      }
      usedAt.set(nonce, nowMs);
      return true;
    },
  };
}
