import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { issueCertificate } from '../../src/sandbox/certificate.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly privatePem: string;
  readonly publicPem: string;
}

export function rsaKeys(modulusLength = 2048): KeyPair {
  return withPems(generateKeyPairSync('rsa', { modulusLength }));
}

export function ecKeys(): KeyPair {
  return withPems(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }));
}

/** A self-signed certificate, valid for 5 years. */
export function certificateOf(keys: KeyPair, serial: string, fromMs = Date.now()): string {
  return issueCertificate(keys.privateKey, serial, fromMs).pem;
}

function withPems({ privateKey, publicKey }: Pick<KeyPair, 'privateKey' | 'publicKey'>): KeyPair {
  return {
    privateKey,
    publicKey,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
