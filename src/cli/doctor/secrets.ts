import type { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Environment } from '../../config/environment-reader.ts';
import {
  type CertificateNews,
  createWechatPay,
  readCertificates,
  type WechatPayOptions,
} from '../../wechat/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const SOON_MS = 30 * 86_400_000;

/**
 * Files with secrets, by the variables that name them, those beside a SQLite database, and the key
 * of the client in the URL of PostgreSQL.
 */
export function examinePermissions(env: Environment, databaseUrl: string): readonly Finding[] {
  const [, path] = /^sqlite:(?!:memory:)(.*)$/.exec(databaseUrl) ?? [];
  const sslkey = new URLSearchParams(databaseUrl.split('?')[1]).get('sslkey');
  const files = [
    ['.env', '.env'],
    ...Object.entries(env).filter(([name]) => SECRET_FILE.test(name)),
    ...(path === undefined
      ? []
      : [
          ['DATABASE_URL', path],
          ['DATA_KEY', `${path}.key`],
        ]),
    ...(sslkey === null ? [] : [['sslkey', sslkey]]),
  ] as const;
  return files.flatMap(([name = '', file = '']) => {
    const mode = modeOf(file);
    const say = `${file} can be read by every user of this machine: chmod 600 ${file}`;
    return (mode & 0o004) === 0 ? [] : [warn(name, say)];
  });
}

/** 0 if there is no such file, or it cannot be reached: other checks say so. */
function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch {
    return 0;
  }
}

const SECRET_FILE = /^(WECHAT_MERCHANT_KEY|WECHAT_API\w+|DATA_KEY|DATABASE_\w+|API_KEYS)_FILE$/;

/** Checks whether the current APIv3 key decrypts the certificates that WeChat Pay sends. */
export async function examineApiv3Key(options: WechatPayOptions): Promise<readonly Finding[]> {
  if (options.apiv3Key === undefined) {
    return [warn('WECHAT_APIV3_KEY', 'is missing: webhooks are disabled, polling instead.')];
  }
  const news: CertificateNews[] = [];
  const wechat = createWechatPay({
    ...options,
    // Without keys, so that the download has to end before any key exists.
    publicKey: undefined,
    publicKeyId: undefined,
    platformCertificates: 'auto',
    apiv3KeyPrevious: undefined,
    onCertificates: (one) => news.push(one),
  });
  await wechat.ready();
  await wechat.close();
  return news.flatMap((one) => findingsOf(one, options));
}

function findingsOf(news: CertificateNews, options: WechatPayOptions): readonly Finding[] {
  if (news.kind === 'changed') {
    const known = pemsIn(options.platformCertificates).map(({ serialNumber }) => serialNumber);
    const missing = known.length > 0 && news.serials.some((serial) => !known.includes(serial));
    const say = 'differ from the configured ones: set it to auto, or add the new one.';
    return [
      ok('WECHAT_APIV3_KEY', 'decrypts what WeChat Pay sends.'),
      ...(missing ? [warn('WECHAT_PLATFORM_CERTIFICATES', say)] : []),
    ];
  }
  if (/decrypt/.test(news.problem)) {
    const say =
      'does not decrypt what WeChat Pay sends: set the key of the merchant platform; during a key rotation set the old one as WECHAT_APIV3_KEY_PREVIOUS.';
    return [fail('WECHAT_APIV3_KEY', say)];
  }
  return /no platform certificates/.test(news.problem)
    ? [
        ok(
          'WECHAT_APIV3_KEY',
          'is set; it cannot be verified now, because WeChat Pay sends nothing encrypted with it.',
        ),
      ]
    : [warn('WECHAT_APIV3_KEY', `could not be checked: ${news.problem}`)];
}

/**
 * Checks the merchant certificate, if it is configured instead of its serial number, and the
 * platform certificates.
 */
export function examineExpiry(options: WechatPayOptions, now: number): readonly Finding[] {
  const { merchantSerial, platformCertificates } = options;
  return [
    ...pemsIn(merchantSerial).map((one) => expiry('WECHAT_MERCHANT_SERIAL', one, now)),
    ...pemsIn(platformCertificates).map((one) => expiry('WECHAT_PLATFORM_CERTIFICATES', one, now)),
  ];
}

function pemsIn(text = ''): readonly X509Certificate[] {
  const read = readCertificates(text);
  return 'value' in read ? read.value : [];
}

function expiry(variable: string, { validToDate, validTo }: X509Certificate, now: number): Finding {
  const leftMs = validToDate.getTime() - now;
  if (leftMs < 0) {
    return fail(variable, `contains a certificate that has expired (${validTo}): replace it.`);
  }
  return leftMs < SOON_MS
    ? warn(variable, `contains a certificate that expires soon (${validTo}): prepare a new one.`)
    : ok(variable, `contains a certificate that is valid until ${validTo}.`);
}
