import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import forge from 'node-forge';

/** The key and certificate of a TLS server. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

const IDENTITIES = ['good', 'expired', 'wrong-host', 'unknown-authority'] as const;
type IdentityName = (typeof IDENTITIES)[number];

/** A certificate authority that a server can be configured to trust, and what it has issued. */
export interface Authority {
  /** For NODE_EXTRA_CA_CERTS. */
  readonly file: string;
  readonly identities: Readonly<Record<IdentityName, TlsIdentity>>;
}

const DAY_MS = 86_400_000;
const LOOPBACK = { type: 7, ip: '127.0.0.1' };
const OTHER_HOST = { type: 2, value: 'wechat.invalid' };

interface Issue {
  readonly issuer: Signer;
  readonly host: object;
  readonly expiresMs?: number;
}

interface Signer extends TlsIdentity {
  readonly name: string;
}

export async function makeAuthority(directory: string): Promise<Authority> {
  const authority = issueRoot('Reliability authority');
  const stranger = issueRoot('Another authority');
  const file = join(directory, 'authority.pem');
  await writeFile(file, authority.cert);
  return {
    file,
    identities: {
      good: issue({ issuer: authority, host: LOOPBACK }),
      expired: issue({ issuer: authority, host: LOOPBACK, expiresMs: Date.now() - DAY_MS }),
      'wrong-host': issue({ issuer: authority, host: OTHER_HOST }),
      'unknown-authority': issue({ issuer: stranger, host: LOOPBACK }),
    },
  };
}

function issueRoot(name: string): Signer {
  const extensions = [{ name: 'basicConstraints', cA: true, critical: true }];
  return { name, ...certificate({ subject: name, extensions }) };
}

function issue({ issuer, host, expiresMs }: Issue): TlsIdentity {
  const extensions = [{ name: 'subjectAltName', altNames: [host] }];
  return certificate({ subject: 'WeChat Pay stand-in', extensions, issuer, expiresMs });
}

interface Certificate {
  readonly subject: string;
  readonly extensions: readonly object[];
  readonly issuer?: Signer;
  readonly expiresMs?: number | undefined;
}

function certificate({ subject, extensions, issuer, expiresMs }: Certificate): TlsIdentity {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const own = forge.pki.privateKeyFromPem(key);
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.rsa.setPublicKey(own.n, own.e);
  made.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`;
  made.validity.notBefore = new Date(Date.now() - 10 * DAY_MS);
  made.validity.notAfter = new Date(expiresMs ?? Date.now() + DAY_MS);
  const named = (value: string) => [{ name: 'commonName', value }];
  made.setSubject(named(subject));
  made.setIssuer(named(issuer?.name ?? subject));
  made.setExtensions([...extensions]);
  made.sign(issuer ? forge.pki.privateKeyFromPem(issuer.key) : own, forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(made) };
}
