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

const ACCEPTED = ok('merchant', 'number, serial and key belong together: a signed call was taken.');
const UNPROVED = warn(
  'keys of WeChat Pay',
  'have signed nothing that came back: either they do not fit, or a proxy strips headers.',
);
const TRUSTED = ok('keys of WeChat Pay', 'verify what it answers.');

/**
 * What a signed query of an order that nobody has made proves. A refusal need not be signed: then
 * the state of a user that nobody is, which may be answered, has to prove WeChat Pay's keys.
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
        'WeChat Pay does not take the signature: WECHAT_MCHID, WECHAT_MERCHANT_SERIAL and WECHAT_MERCHANT_KEY have to be of one certificate, and the clock right.';
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
  const say = error instanceof WechatUnavailableError ? error.message : 'it failed unexpectedly.';
  return [fail('merchant', `no signed call could be made: ${say}`)];
}

/** `POST /v3/security/echo`: there and back, a body with it. Not every merchant has it. */
export async function callEcho(wechat: WechatPay): Promise<Finding> {
  try {
    await wechat.request('POST', '/v3/security/echo', {}, { echo_message: 'payafter-graphql' });
    return ok('echo', 'WeChat Pay took a signed body, and its answer verifies.');
  } catch (error) {
    if (error instanceof WechatRefusedError && error.refusal.status === 404) {
      return ok('echo', 'not offered here: nothing to fix.');
    }
    const why = error instanceof Error ? error.message : 'unknown';
    return warn('echo', `could not be done: ${why}`);
  }
}
