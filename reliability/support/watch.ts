/** Personal data of this run: it is in inputs, and must not appear anywhere else. */
export const PERSON = {
  name: '金丝雀·王小明',
  phone: '13977001888',
  userid: '440301199001077001',
  address: '深圳市金丝雀路77001号',
  openid: 'oCanary77001xKq9zW3mPqR5tUv',
  attach: 'attach-canary-77001',
} as const;

/** Variables whose values only the server knows. */
const SECRETS = ['WECHAT_APIV3_KEY', 'WECHAT_APIV2_KEY', 'WECHAT_APIV3_KEY_PREVIOUS', 'DATA_KEY'];

interface Hit {
  readonly what: string;
  readonly where: string;
}

/** Scans everything that servers write for personal data and secrets. */
export interface Watch {
  /** Adds the values of these variables as secrets. */
  readonly learn: (variables: Readonly<Record<string, string>>) => void;
  readonly look: (where: string, output: Uint8Array | string) => void;
  readonly hits: readonly Hit[];
  /** How much was scanned. */
  readonly looked: () => { readonly places: number; readonly bytes: number };
}

export function startWatch(): Watch {
  const canaries = new Map<string, string>(Object.entries(PERSON).map(([k, v]) => [v, k]));
  const hits: Hit[] = [];
  let [places, bytes] = [0, 0];
  return {
    learn: (variables) => {
      for (const name of SECRETS) {
        const secret = variables[name];
        if (secret) {
          canaries.set(secret, name);
        }
      }
      // The middle of the key, because the first lines are the same in all keys.
      const line = variables['WECHAT_MERCHANT_KEY']?.split('\n')[9];
      if (line) {
        canaries.set(line, 'WECHAT_MERCHANT_KEY');
      }
    },
    look: (where, output) => {
      const buffer = Buffer.from(output);
      places += 1;
      bytes += buffer.length;
      for (const [canary, what] of canaries) {
        if (buffer.includes(canary)) {
          hits.push({ what, where });
        }
      }
    },
    hits,
    looked: () => ({ places, bytes }),
  };
}
