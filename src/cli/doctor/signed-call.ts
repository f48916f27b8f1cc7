import { randomBytes } from 'node:crypto';
import {
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface Names {
  readonly appid: string | undefined;
  readonly serviceId: string | undefined;
}

const ACCEPTED = ok('merchant', 'number, serial number and key match: a signed call was accepted.');
const UNPROVED = warn(
  'keys of WeChat Pay',
  'did not verify any response: the keys do not match, or a proxy strips headers; check both.',
);
const TRUSTED = ok('keys of WeChat Pay', 'verify its responses.');

/**
 * Sends a signed query of an order that does not exist. A refusal need not be signed: then a query
 * of the state of a user that does not exist has to verify WeChat Pay's keys.
 */
export async function callSigned(
  wechat: WechatPay,
  { appid, serviceId }: Names,
): Promise<readonly Finding[]> {
  const names = { service_id: serviceId, appid };
  const nobody = `DOCTOR${randomBytes(8).toString('hex')}`;
  const asked = (path: string, query: Readonly<Record<string, string | undefined>>) =>
    wechat.request('GET', path, { ...names, ...query }).then(
      () => [ACCEPTED, TRUSTED],
      (error: unknown) => explain(error),
    );
  const found = await asked('/v3/payscore/payafter-orders', { out_order_no: nobody });
  return found.includes(UNPROVED)
    ? await asked('/v3/payscore/user-service-state', { openid: nobody })
    : found;
}

function explain(error: unknown): readonly Finding[] {
  if (error instanceof WechatRefusedError) {
    const { status, code, verified } = error.refusal;
    if (status === 401) {
      const say =
        'WeChat Pay rejected the signature: check that WECHAT_MCHID, WECHAT_MERCHANT_SERIAL and WECHAT_MERCHANT_KEY match, and the clock.';
      return [fail('merchant', say)];
    }
    const trust = verified ? TRUSTED : UNPROVED;
    const refused = `a query was refused (${status} ${code}): check WECHAT_APPID, WECHAT_SERVICE_ID, and that the merchant has this product.`;
    return status === 404
      ? [ACCEPTED, trust]
      : [ACCEPTED, trust, warn('appid and service', refused)];
  }
  if (error instanceof WechatUntrustedError) {
    const say = `${error.message} Check WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY and WECHAT_PLATFORM_CERTIFICATES.`;
    return [fail('keys of WeChat Pay', say)];
  }
  const say = error instanceof WechatUnavailableError ? error.message : 'unexpected error.';
  return [fail('merchant', `the signed call failed: ${say}`)];
}

/** `POST /v3/security/echo` with a body. Not every merchant has it. */
export async function callEcho(wechat: WechatPay): Promise<Finding> {
  try {
    await wechat.request('POST', '/v3/security/echo', {}, { echo_message: 'payafter-graphql' });
    return ok('echo', 'WeChat Pay accepted a signed body, and its response verifies.');
  } catch (error) {
    if (error instanceof WechatRefusedError && error.refusal.status === 404) {
      return ok('echo', 'not available to this merchant: nothing to fix.');
    }
    const why = error instanceof Error ? error.message : 'unknown';
    return warn('echo', `failed: ${why}`);
  }
}
