import type { KeyObject } from 'node:crypto';
import forge from 'node-forge';

/** WeChat's platform certificate. Times in milliseconds. */
export interface PlatformCertificate {
  readonly serial: string;
  readonly pem: string;
  readonly effectiveMs: number;
  readonly expireMs: number;
}

const VALID_YEARS = 5;
const NAME = [
  { name: 'commonName', value: 'WeChat Pay sandbox platform certificate' },
  { name: 'organizationName', value: 'payafter-graphql sandbox' },
  { name: 'countryName', value: 'CN' },
];

/** Makes a self-signed X.509 certificate for the platform key, valid for 5 years from the given time. */
export function issueCertificate(
  privateKey: KeyObject,
  serial: string,
  fromMs: number,
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
  certificate.setSubject(NAME);
  certificate.setIssuer(NAME);
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
