import { X509Certificate } from 'node:crypto';
import {
  type CertificateNews,
  createWechatPay,
  type WechatPayOptions,
} from '../../wechat/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const SOON_MS = 30 * 86_400_000;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether the present APIv3 key decrypts the certificates that WeChat Pay sends just now. */
export async function examineApiv3Key(options: WechatPayOptions): Promise<readonly Finding[]> {
  if (options.apiv3Key === undefined) {
    return [
      warn('WECHAT_APIV3_KEY', 'is missing: notices can not be read, changes are asked for.'),
    ];
  }
  const news: CertificateNews[] = [];
  const wechat = createWechatPay({
    ...options,
    // Alone, so that the download has to end before there is any key.
    publicKey: undefined,
    publicKeyId: undefined,
    platformCertificates: 'auto',
    apiv3KeyPrevious: undefined,
    onCertificates: (one) => news.push(one),
  });
  await wechat.ready();
  await wechat.close();
  return news.flatMap((one) => told(one, options));
}

function told(news: CertificateNews, options: WechatPayOptions): readonly Finding[] {
  if (news.kind === 'changed') {
    const known = pemsIn(options.platformCertificates).map(({ serialNumber }) => serialNumber);
    const missing = known.length > 0 && news.serials.some((serial) => !known.includes(serial));
    const say =
      'are others now than those that are configured: set it to auto, or add the new one.';
    return [
      ok('WECHAT_APIV3_KEY', 'decrypts what WeChat Pay sends.'),
      ...(missing ? [warn('WECHAT_PLATFORM_CERTIFICATES', say)] : []),
    ];
  }
  if (/decrypt/.test(news.problem)) {
    const say =
      'does not decrypt what WeChat Pay sends: set that of the merchant platform; during a change the old one goes to WECHAT_APIV3_KEY_PREVIOUS.';
    return [fail('WECHAT_APIV3_KEY', say)];
  }
  return /no platform certificates/.test(news.problem)
    ? [ok('WECHAT_APIV3_KEY', 'is set; WeChat Pay has nothing now that would prove it.')]
    : [warn('WECHAT_APIV3_KEY', `could not be tried: ${news.problem}`)];
}

/** The merchant's own certificate, where it is given in place of its serial, and the platform's. */
export function examineExpiry(options: WechatPayOptions, now: number): readonly Finding[] {
  const { merchantSerial, platformCertificates } = options;
  return [
    ...pemsIn(merchantSerial).map((one) => expiry('WECHAT_MERCHANT_SERIAL', one, now)),
    ...pemsIn(platformCertificates).map((one) => expiry('WECHAT_PLATFORM_CERTIFICATES', one, now)),
  ];
}

function pemsIn(text = ''): readonly X509Certificate[] {
  const pems = text.replaceAll('\\n', '\n').match(PEM) ?? [];
  return pems.map((pem) => new X509Certificate(pem));
}

function expiry(variable: string, { validToDate, validTo }: X509Certificate, now: number): Finding {
  const leftMs = validToDate.getTime() - now;
  if (leftMs < 0) {
    return fail(variable, `holds a certificate that has expired (${validTo}): put in the new one.`);
  }
  return leftMs < SOON_MS
    ? warn(variable, `holds a certificate that expires soon (${validTo}): have a new one ready.`)
    : ok(variable, `holds a certificate that is valid until ${validTo}.`);
}
