import {
  checkOptions,
  readSymmetricKey,
  type WechatPayOptions,
  WechatPayOptionsError,
} from '../wechat/index.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import type { Outbound } from './forward-proxy.ts';

/** Where calls go: the embedded sandbox, or WeChat Pay for a real merchant. */
export type Upstream = SandboxUpstream | MerchantUpstream;

interface SandboxUpstream {
  readonly kind: 'sandbox';
  readonly port: number;
}

interface MerchantUpstream {
  readonly kind: 'merchant';
  readonly options: WechatPayOptions;
}

/**
 * The merchant number of the sandbox: the example of WeChat Pay's documentation; no merchant has
 * it.
 */
export const SANDBOX_MCHID = '1230000109';

/** Whether orders move money: with any merchant but that of the sandbox. */
export function isRealMerchant(upstream: Upstream): boolean {
  return upstream.kind === 'merchant' && upstream.options.mchid !== SANDBOX_MCHID;
}

export function readUpstream(
  from: EnvironmentReader,
  production: boolean,
  outbound: Outbound,
): Upstream {
  const port = from.whole('SANDBOX_PORT', 0, 65_535) ?? 4010;
  const given = from.given.filter((name) => name.startsWith('WECHAT_'));
  const options = readOptions(from, outbound);
  if (given.length === 0 && !production) {
    return { kind: 'sandbox', port };
  }
  if (given.length === 0) {
    const problem =
      'is missing: the sandbox is not allowed in production. Set the WECHAT_ variables of a real merchant.';
    from.addProblem('WECHAT_MCHID', problem);
    return { kind: 'sandbox', port };
  }
  if (production && from.text('WECHAT_MCHID') === SANDBOX_MCHID) {
    const problem =
      "is the sandbox's merchant number: its keys are not allowed in production. Set the WECHAT_ variables of a real merchant.";
    from.addProblem('WECHAT_MCHID', problem);
  }
  noteOptionProblems(from, options);
  return { kind: 'merchant', options };
}

function readOptions(from: EnvironmentReader, outbound: Outbound): WechatPayOptions {
  const calls = from.whole('WECHAT_MAX_CALLS', 1, 10_000);
  return {
    mchid: from.text('WECHAT_MCHID') ?? '',
    merchantSerial: from.secret('WECHAT_MERCHANT_SERIAL') ?? '',
    merchantKey: from.secret('WECHAT_MERCHANT_KEY') ?? '',
    publicKeyId: from.secret('WECHAT_PUBLIC_KEY_ID'),
    publicKey: from.secret('WECHAT_PUBLIC_KEY'),
    platformCertificates: from.secret('WECHAT_PLATFORM_CERTIFICATES'),
    apiv3Key: from.secret('WECHAT_APIV3_KEY'),
    apiv3KeyPrevious: from.secret('WECHAT_APIV3_KEY_PREVIOUS'),
    baseUrl: from.text('WECHAT_BASE_URL'),
    backupUrl: from.text('WECHAT_BACKUP_URL'),
    ...outbound,
    timeoutMs: from.whole('WECHAT_TIMEOUT_MS', 100, 60_000),
    resilience: calls === undefined ? {} : { maxConcurrent: calls, maxQueued: 2 * calls },
  };
}

/** The client's own checks, under the names of the variables. */
function noteOptionProblems(from: EnvironmentReader, options: WechatPayOptions): void {
  try {
    checkOptions(options);
  } catch (error) {
    if (!(error instanceof WechatPayOptionsError)) {
      throw error;
    }
    const noted = new Set(from.problems.map(({ variable }) => variable.replace(/_FILE$/, '')));
    for (const { option, problem } of error.problems) {
      const variable = `WECHAT_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      if (!noted.has(variable)) {
        from.addProblem(variable, problem);
      }
    }
  }
}

/**
 * Where WeChat Pay sends the notifications about service orders.
 * @param real whether WeChat Pay itself calls it
 */
export function readNotifyUrl(from: EnvironmentReader, real: boolean): string | undefined {
  const url = from.text('WECHAT_NOTIFY_URL');
  const form = real ? /^https:\/\/[^?#]{1,247}$/ : /^https?:\/\/[^?#]{1,247}$/;
  if (url !== undefined && !(URL.canParse(url) && form.test(url))) {
    const problem =
      'must be the public https URL of this server without a query, at most 255 characters, such as https://shop.example/wechat/notify; http is allowed only with the sandbox.';
    from.addProblem('WECHAT_NOTIFY_URL', problem);
  }
  return url;
}

/** Signs launch data. */
export function readLaunchKey(from: EnvironmentReader): string | undefined {
  const apiv2Key = from.secret('WECHAT_APIV2_KEY');
  const read = apiv2Key === undefined ? undefined : readSymmetricKey(apiv2Key);
  if (read !== undefined && 'problem' in read) {
    from.addProblem('WECHAT_APIV2_KEY', read.problem);
  }
  return apiv2Key;
}
