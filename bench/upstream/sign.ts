import { createPrivateKey, randomBytes, sign } from 'node:crypto';

export type Signer = (body: string) => Readonly<Record<string, string>>;

/** Well inside the 300 s for which a timestamp is accepted. */
const SIGNED_FOR_MS = 100_000;
const KEPT = 20_000;

/**
 * The four headers over a body. Cached by body for a while, so that a repeated response costs
 * nothing.
 */
export function createSigner(pem: string, serial: string): Signer {
  const key = createPrivateKey(pem);
  const kept = new Map<string, { readonly headers: ReturnType<Signer>; readonly until: number }>();
  return (body) => {
    const now = Date.now();
    const known = kept.get(body);
    if (known !== undefined && known.until > now) {
      return known.headers;
    }
    const timestamp = String(Math.floor(now / 1000));
    const nonce = randomBytes(16).toString('hex');
    const message = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`);
    const headers = {
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-serial': serial,
      'wechatpay-signature': sign('sha256', message, key).toString('base64'),
    };
    if (kept.size >= KEPT) {
      kept.clear();
    }
    kept.set(body, { headers, until: now + SIGNED_FOR_MS });
    return headers;
  };
}
