import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** The parsed key, or a message that says what is wrong and what to do. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

const CERTIFICATE_BEGIN = '-----BEGIN CERTIFICATE-----';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The merchant's private key: apiclient_key.pem. */
export function readPrivateKey(pem: string): Read<KeyObject> {
  return read(pem, 'PRIVATE KEY', () => rsaKey(createPrivateKey(unescaped(pem))));
}

/** WeChat Pay's public key: pub_key.pem. */
export function readPublicKey(pem: string): Read<KeyObject> {
  return read(pem, 'PUBLIC KEY', () => rsaKey(createPublicKey(unescaped(pem))));
}

/** One or more certificates, one after the other. */
export function readCertificates(pem: string): Read<readonly X509Certificate[]> {
  return read(pem, 'CERTIFICATE', () => {
    const text = unescaped(pem);
    const blocks = text.match(CERTIFICATE) ?? [];
    const begun = text.split(CERTIFICATE_BEGIN).length - 1;
    return blocks.length === 0 || blocks.length < begun
      ? { problem: 'contains an incomplete certificate: each needs its BEGIN and END line.' }
      : { value: blocks.map((block) => new X509Certificate(block)) };
  });
}

export function isCertificate(text: string): boolean {
  return text.includes(CERTIFICATE_BEGIN);
}

function read<T>(pem: string, kind: string, parse: () => Read<T>): Read<T> {
  return misshape(pem, kind) ?? attempt(parse);
}

function misshape(pem: string, kind: string): { readonly problem: string } | undefined {
  if (pem.trim() === '') {
    return { problem: `is missing: a PEM that begins with -----BEGIN ${kind}-----.` };
  }
  const [, label] = /-----BEGIN ([A-Z ]+)-----/.exec(pem) ?? [];
  if (label === undefined) {
    const problem = /\.pem\s*$|^[.~]?\//.test(pem)
      ? 'is a path, not a PEM: set the path in the variable of the same name with the suffix _FILE.'
      : `is not a PEM: it must begin with -----BEGIN ${kind}-----.`;
    return { problem };
  }
  if (!label.endsWith(kind)) {
    return { problem: `contains a ${label}; expected a ${kind}.` };
  }
  if (label.startsWith('ENCRYPTED')) {
    return { problem: 'is protected by a passphrase: set the decrypted key.' };
  }
  if (!pem.includes('-----END ')) {
    const problem =
      'is cut off after its first line(s): write the whole PEM on one line with \\n between its lines, or set a file in the variable with the suffix _FILE.';
    return { problem };
  }
  return undefined;
}

function attempt<T>(parse: () => Read<T>): Read<T> {
  try {
    return parse();
  } catch {
    // OpenSSL's message does not help an operator, and may quote the key.
    return { problem: 'is damaged: copy the whole file again.' };
  }
}

function rsaKey(key: KeyObject): Read<KeyObject> {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= 2048
    ? { value: key }
    : { problem: 'must be an RSA key of 2048 bits or more.' };
}

/** Environment files often contain a PEM on one line. */
function unescaped(pem: string): string {
  return pem.replaceAll('\\n', '\n').trim();
}
