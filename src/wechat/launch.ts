import { createHmac, randomBytes } from 'node:crypto';

/** What opens a page of WeChat's: in a mini program, in an app, in an H5 page inside WeChat. */
export interface Launch {
  readonly businessType: BusinessType;
  /** For `wx.openBusinessView`, under WeChat's own names. */
  readonly extraData: Readonly<Record<string, string>>;
  /** The same as one string, for an app's `query` and the JS-SDK's `queryString`. */
  readonly queryString: string;
}

/** Confirm an order, authorise the service, see an order. */
export type BusinessType = 'wxpayScoreUse' | 'wxpayScoreEnable' | 'wxpayScoreDetail';

/**
 * Signs launch data with the APIv2 key: parameters sorted by name, `key` at the end, HMAC-SHA256,
 * upper-case hex.
 * @param parameters what the page needs besides time, nonce and signature, under WeChat's names
 * @param now Unix ms
 */
export function signLaunch(
  businessType: BusinessType,
  parameters: Readonly<Record<string, string>>,
  apiv2Key: string,
  now: number,
): Launch {
  const unsigned = {
    ...parameters,
    timestamp: String(Math.floor(now / 1000)),
    nonce_str: randomBytes(16).toString('hex'),
    sign_type: 'HMAC-SHA256',
  };
  const extraData = { ...unsigned, sign: launchSignature(unsigned, apiv2Key) };
  const queryString = Object.entries(extraData)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return { businessType, extraData, queryString };
}

function launchSignature(parameters: Readonly<Record<string, string>>, apiv2Key: string): string {
  const message = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return createHmac('sha256', apiv2Key)
    .update(`${message}&key=${apiv2Key}`)
    .digest('hex')
    .toUpperCase();
}
