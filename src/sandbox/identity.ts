import {
  generateKeyPair,
  type KeyObject,
  type KeyPairKeyObjectResult,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { randomDigits, randomSerial } from './random.ts';

/** The credentials of a merchant; the keys are the names of the gateway's variables. */
export interface SandboxCredentials {
  readonly WECHAT_MCHID: string;
  readonly WECHAT_APPID: string;
  readonly WECHAT_SERVICE_ID: string;
  /** 40 upper-case hex digits. */
  readonly WECHAT_MERCHANT_SERIAL: string;
  /** PEM, PKCS#8. */
  readonly WECHAT_MERCHANT_KEY: string;
  /** 32 characters. */
  readonly WECHAT_APIV3_KEY: string;
  /** 32 characters. */
  readonly WECHAT_APIV2_KEY: string;
  /** `PUB_KEY_ID_` and digits. */
  readonly WECHAT_PUBLIC_KEY_ID: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly WECHAT_PUBLIC_KEY: string;
  /** Scheme, host and port, without a slash at the end. */
  readonly WECHAT_BASE_URL: string;
  /** The merchant's certificate as PEM, under the name of the file that WeChat Pay delivers. */
  readonly 'apiclient_cert.pem': string;
}

/** A private key of WeChat Pay and its id in `Wechatpay-Serial`. */
export interface PlatformKey {
  readonly serial: string;
  readonly privateKey: KeyObject;
}

/** One merchant: its credentials, and the private keys of WeChat Pay. */
export interface Identity {
  readonly credentials: Omit<SandboxCredentials, 'WECHAT_BASE_URL'>;
  readonly merchantPublicKey: KeyObject;
  readonly publicKeyMode: PlatformKey;
  /** The newest first: it signs if the merchant names none. The others remain valid. */
  certificates: readonly [IssuedCertificate, ...IssuedCertificate[]];
  /** Generates the keys of further certificates. */
  readonly makeKeyPair: MakeKeyPair;
}

interface IssuedCertificate extends PlatformKey, PlatformCertificate {}

type RsaKeyPair = Pick<KeyPairKeyObjectResult, 'privateKey' | 'publicKey'>;

/** The source of the sandbox's RSA keys. */
export type MakeKeyPair = () => Promise<RsaKeyPair>;

const MCHID = '1230000109';

const generate = promisify(generateKeyPair);

const newRsaKeyPair: MakeKeyPair = () => generate('rsa', { modulusLength: 2048 });

/**
 * Generates all keys of one sandbox. The three numbers are the examples of WeChat Pay's
 * documentation.
 */
export async function makeIdentity(nowMs: number, makeKeyPair = newRsaKeyPair): Promise<Identity> {
  const [merchant, publicKeyMode, certificate] = await Promise.all([
    makeKeyPair(),
    makeKeyPair(),
    issue(nowMs, makeKeyPair),
  ]);
  const publicKeyId = `PUB_KEY_ID_${randomDigits(34)}`;
  const merchantSerial = randomSerial();
  return {
    credentials: {
      WECHAT_MCHID: MCHID,
      WECHAT_APPID: 'wxd678efh567hg6787',
      WECHAT_SERVICE_ID: '500001',
      WECHAT_MERCHANT_SERIAL: merchantSerial,
      WECHAT_MERCHANT_KEY: merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      WECHAT_APIV3_KEY: randomBytes(16).toString('hex'),
      WECHAT_APIV2_KEY: randomBytes(16).toString('hex'),
      WECHAT_PUBLIC_KEY_ID: publicKeyId,
      WECHAT_PUBLIC_KEY: publicKeyMode.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'apiclient_cert.pem': issueCertificate(merchant.privateKey, merchantSerial, nowMs, MCHID).pem,
    },
    merchantPublicKey: merchant.publicKey,
    publicKeyMode: { serial: publicKeyId, privateKey: publicKeyMode.privateKey },
    certificates: [certificate],
    makeKeyPair,
  };
}

/** 平台证书更换: adds a certificate with a new key. */
export async function rotateCertificate(identity: Identity, nowMs: number): Promise<void> {
  identity.certificates = [await issue(nowMs, identity.makeKeyPair), ...identity.certificates];
}

async function issue(nowMs: number, makeKeyPair: MakeKeyPair): Promise<IssuedCertificate> {
  const { privateKey } = await makeKeyPair();
  return { ...issueCertificate(privateKey, randomSerial(), nowMs), privateKey };
}

/** A certificate. Times in milliseconds. */
export interface PlatformCertificate {
  readonly serial: string;
  readonly pem: string;
  readonly effectiveMs: number;
  readonly expireMs: number;
}

const VALID_YEARS = 5;
const PLATFORM = 'WeChat Pay sandbox platform certificate';
const nameOf = (commonName: string) => [
  { name: 'commonName', value: commonName },
  { name: 'organizationName', value: 'payafter-graphql sandbox' },
  { name: 'countryName', value: 'CN' },
];

/**
 * Creates a self-signed X.509 certificate for a key, valid for 5 years from the given time.
 */
export function issueCertificate(
  privateKey: KeyObject,
  serial: string,
  fromMs: number,
  commonName = PLATFORM,
): PlatformCertificate {
  const issuer = forge.pki.privateKeyFromPem(pemOf(privateKey));
  const certificate = forge.pki.createCertificate();
  const effective = new Date(Math.floor(fromMs / 1000) * 1000);
  const expire = new Date(effective);
  expire.setUTCFullYear(effective.getUTCFullYear() + VALID_YEARS);

  certificate.publicKey = forge.pki.rsa.setPublicKey(issuer.n, issuer.e);
  certificate.serialNumber = serial.toLowerCase();
  certificate.validity.notBefore = effective;
  certificate.validity.notAfter = expire;
  certificate.setSubject(nameOf(commonName));
  certificate.setIssuer(nameOf(commonName));
  certificate.sign(issuer, forge.md.sha256.create());

  return {
    serial,
    pem: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'),
    effectiveMs: effective.getTime(),
    expireMs: expire.getTime(),
  };
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
