import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { MerchantCredential, PlatformKey } from './crypto/signature.ts';
import {
  isCertificate,
  type Read,
  readCertificates,
  readPrivateKey,
  readPublicKey,
} from './keys/pem.ts';
import { type OptionProblem, type WechatPayOptions, WechatPayOptionsError } from './options.ts';

export interface CheckedOptions {
  readonly credential: MerchantCredential;
  readonly publicKey: PlatformKey | undefined;
  readonly certificates: readonly X509Certificate[] | 'auto';
  /** The current one first. */
  readonly apiv3Keys: readonly string[];
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly backupUrl: string | undefined;
  readonly budgetMs: number;
}

const WECHAT_PAY_ORIGIN = 'https://api.mch.weixin.qq.com';
const WECHAT_PAY_BACKUP = 'https://api2.mch.weixin.qq.com';
const DEFAULT_TIMEOUT_MS = 8_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Checks every option and reads the keys, once. Throws a {@link WechatPayOptionsError} that lists
 * every problem.
 */
export function checkOptions(options: WechatPayOptions): CheckedOptions {
  const problems: OptionProblem[] = [];
  const take = <T>(option: OptionProblem['option'], read: Read<T>): T | undefined => {
    if ('problem' in read) {
      problems.push({ option, problem: read.problem });
      return undefined;
    }
    return read.value;
  };

  const mchid = take('mchid', readMchid(options.mchid));
  const privateKey = take('merchantKey', readPrivateKey(options.merchantKey));
  const auto = options.platformCertificates === 'auto';
  const pem = auto ? undefined : options.platformCertificates;
  const certificates = take('platformCertificates', optional(pem, readCertificates)) ?? [];
  const serial = take(
    'merchantSerial',
    readSerial(options.merchantSerial, privateKey, certificates),
  );
  const key = take(
    'publicKey',
    optional(options.publicKey, (pem) => readWechatKey(pem, privateKey)),
  );
  const keyId = take('publicKeyId', optional(options.publicKeyId, readKeyId));
  if (options.publicKey !== undefined && options.publicKeyId === undefined) {
    take('publicKeyId', { problem: 'is missing: set the id of the public key (PUB_KEY_ID_…).' });
  }
  if (options.publicKeyId !== undefined && options.publicKey === undefined) {
    take('publicKey', { problem: 'is missing: set the PEM of the public key with this id.' });
  }
  if (options.publicKey === undefined && options.platformCertificates === undefined) {
    const problem =
      'is missing, and there are no platform certificates: set one of them to verify responses of WeChat Pay.';
    take('publicKey', { problem });
  }
  const apiv3Key = take('apiv3Key', optional(options.apiv3Key, readSymmetricKey));
  const previous = take('apiv3KeyPrevious', optional(options.apiv3KeyPrevious, readSymmetricKey));
  if (auto && options.apiv3Key === undefined && options.apiv3KeyPrevious === undefined) {
    const problem = 'is missing: it is required to decrypt downloaded certificates.';
    take('apiv3Key', { problem });
  }
  const readUrl = (text: string) => readBaseUrl(text, options.allowInsecure === true);
  const baseUrl = take('baseUrl', readUrl(options.baseUrl ?? WECHAT_PAY_ORIGIN));
  const backup =
    options.backupUrl ?? (options.baseUrl === undefined ? WECHAT_PAY_BACKUP : undefined);
  const backupUrl = take('backupUrl', optional(backup, readUrl));
  const budgetMs = take('timeoutMs', readTimeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS));

  if (problems.length > 0 || !mchid || !privateKey || !serial || !baseUrl || !budgetMs) {
    throw new WechatPayOptionsError(problems);
  }
  return {
    credential: { mchid, serial, privateKey },
    publicKey: key && keyId ? { key, serial: keyId } : undefined,
    certificates: auto ? 'auto' : certificates,
    apiv3Keys: [apiv3Key, previous].filter((one) => one !== undefined),
    baseUrl,
    backupUrl: backupUrl === baseUrl ? undefined : backupUrl,
    budgetMs,
  };
}

/** 32 bytes, like the APIv3 and APIv2 keys. */
export function readSymmetricKey(key: string): Read<string> {
  const { length } = Buffer.from(key);
  return length === 32
    ? { value: key }
    : {
        problem: `has ${length} characters; expected 32: copy it again, without surrounding spaces.`,
      };
}

function given(text: string): 'is missing' | 'is invalid' {
  return text === '' ? 'is missing' : 'is invalid';
}

function readMchid(mchid: string): Read<string> {
  return /^\d{1,32}$/.test(mchid)
    ? { value: mchid }
    : { problem: `${given(mchid)}: expected the merchant number, digits only.` };
}

function readSerial(
  text: string,
  privateKey: KeyObject | undefined,
  platform: readonly X509Certificate[],
): Read<string> {
  if (isCertificate(text)) {
    const read = readCertificates(text);
    if ('problem' in read) {
      return read;
    }
    const [first] = read.value;
    const certificate = privateKey
      ? read.value.find((one) => one.checkPrivateKey(privateKey))
      : first;
    return certificate === undefined
      ? {
          problem:
            'is a certificate that does not match the merchant key: set the certificate of this key.',
        }
      : { value: certificate.serialNumber };
  }
  // As `openssl x509 -serial` and browsers show it.
  const serial = text
    .replace(/^(serial=|0x)/i, '')
    .replaceAll(/[: ]/g, '')
    .toUpperCase();
  if (!/^[0-9A-F]{8,64}$/.test(serial)) {
    const problem = `${given(text)}: expected the serial number of the merchant certificate in hex, or that certificate itself (apiclient_cert.pem).`;
    return { problem };
  }
  return platform.some(({ serialNumber }) => serialNumber === serial)
    ? {
        problem:
          'is the serial number of a platform certificate: it must be the serial number of the merchant certificate.',
      }
    : { value: serial };
}

function readWechatKey(pem: string, merchantKey: KeyObject | undefined): Read<KeyObject> {
  const read = readPublicKey(pem);
  const own = 'value' in read && merchantKey && createPublicKey(merchantKey).equals(read.value);
  return own
    ? {
        problem:
          'is the public key of the merchant: set the public key of WeChat Pay (pub_key.pem).',
      }
    : read;
}

function readKeyId(id: string): Read<string> {
  return /^PUB_KEY_ID_\w{1,64}$/.test(id)
    ? { value: id }
    : { problem: 'is not the id of a WeChat Pay public key: expected PUB_KEY_ID_ and digits.' };
}

function readBaseUrl(text: string, allowInsecure: boolean): Read<string> {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || /[?#@]|%|\/\/.*\/\//.test(text)) {
    return { problem: 'is not a base URL; expected e.g. https://api.mch.weixin.qq.com.' };
  }
  if (/\/v3\/?$/.test(url.pathname)) {
    return { problem: 'ends in /v3, as the paths of all calls begin: remove it.' };
  }
  return url.protocol === 'https:' || allowInsecure || LOOPBACK.test(url.hostname)
    ? { value: url.href.replace(/\/+$/, '') }
    : {
        problem:
          'must begin with https://: plain http is allowed only for loopback addresses, and inside a private network with ALLOW_INSECURE_UPSTREAM=true.',
      };
}

function readTimeout(ms: number): Read<number> {
  return Number.isInteger(ms) && ms >= 100 && ms <= 60_000
    ? { value: ms }
    : { problem: 'must be a whole number of milliseconds from 100 to 60000.' };
}

function optional<T>(
  text: string | undefined,
  read: (text: string) => Read<T>,
): Read<T | undefined> {
  return text === undefined ? { value: undefined } : read(text);
}
