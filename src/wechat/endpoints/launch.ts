import { createHmac, randomBytes } from 'node:crypto';

/** Launch data of a WeChat Pay page: in a mini program, in an app, in an H5 page inside WeChat. */
export interface Launch {
  readonly businessType: BusinessType;
  /** For `wx.openBusinessView`, with WeChat Pay's own names. */
  readonly extraData: Readonly<Record<string, string>>;
  /** The same as one string, for an app's `query` and the JS-SDK's `queryString`. */
  readonly queryString: string;
}

/** Confirm an order, authorize the service, show an order. */
export type BusinessType = 'wxpayScoreUse' | 'wxpayScoreEnable' | 'wxpayScoreDetail';

const LONGEST_VALUE = 512;
/**
 * `=` may only end a value, as the padding of Base64 does: WeChat Pay's `package` may be Base64.
 */
const SIGNABLE = /^[^&=\p{Cc}]*={0,2}$/u;

/** A launch value that must not be signed. The message names the parameter, never its value. */
export class UnsignableLaunchError extends Error {
  override readonly name = 'UnsignableLaunchError';

  /** @param parameter WeChat Pay's name of the parameter */
  constructor(parameter: string) {
    super(
      `${parameter} cannot be signed: use at most ${LONGEST_VALUE} characters, without &, control characters, or = before the end.`,
    );
  }
}

/**
 * Signs launch data with the APIv2 key: parameters sorted by name, `key` at the end, HMAC-SHA256,
 * upper-case hex. Values are signed unescaped: a value with a separator could be read as other
 * parameters.
 * @param parameters what the page needs besides time, nonce and signature, under WeChat Pay's names
 * @param now Unix ms
 * @throws UnsignableLaunchError
 */
export function signLaunch(
  businessType: BusinessType,
  parameters: Readonly<Record<string, string>>,
  apiv2Key: string,
  now: number,
): Launch {
  for (const [name, value] of Object.entries(parameters)) {
    if (value.length > LONGEST_VALUE || !SIGNABLE.test(value) || !value.isWellFormed()) {
      throw new UnsignableLaunchError(name);
    }
  }
  const unsigned = {
    ...parameters,
    timestamp: String(Math.floor(now / 1000)),
    nonce_str: randomBytes(16).toString('hex'),
    sign_type: 'HMAC-SHA256',
  };
  return unsignedLaunch(businessType, { ...unsigned, sign: launchSignature(unsigned, apiv2Key) });
}

/**
 * Launch data of the pages that WeChat Pay opens without a signature: the confirmation of a service
 * order, and the permission of a service.
 */
export function unsignedLaunch(
  businessType: BusinessType,
  extraData: Readonly<Record<string, string>>,
): Launch {
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
