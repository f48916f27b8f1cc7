import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';

/** The parsed key, or a message that says what is wrong and what to do. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

type Kind = 'PRIVATE KEY' | 'PUBLIC KEY' | 'CERTIFICATE';

/** The merchant's private key: apiclient_key.pem. */
export function readPrivateKey(pem: string): Read<KeyObject> {
  const read = theOnly(readBlocks(pem, 'PRIVATE KEY'), 'private keys');
  return 'value' in read && 'key' in read.value ? intact(read.value.key) : failed(read);
}

/** WeChat Pay's public key: pub_key.pem. */
export function readPublicKey(pem: string): Read<KeyObject> {
  const read = theOnly(readBlocks(pem, 'PUBLIC KEY'), 'public keys');
  return 'value' in read && 'key' in read.value ? rsaKey(read.value.key) : failed(read);
}

/** One or more certificates, one after the other. */
export function readCertificates(pem: string): Read<readonly X509Certificate[]> {
  const read = readBlocks(pem, 'CERTIFICATE');
  return 'value' in read
    ? { value: read.value.flatMap((one) => ('certificate' in one ? [one.certificate] : [])) }
    : read;
}

export function isCertificate(text: string): boolean {
  return [...plain(text).matchAll(BEGIN)].some(([, label]) => kindOf(label) === 'CERTIFICATE');
}

/** The content of a block. Its label may be wrong: the bytes decide. */
type Content =
  | { readonly kind: 'PRIVATE KEY' | 'PUBLIC KEY'; readonly key: KeyObject }
  | { readonly kind: 'CERTIFICATE'; readonly certificate: X509Certificate };

const LABEL =
  '(?:(?:RSA|EC|ENCRYPTED|OPENSSH) )?PRIVATE KEY|(?:RSA )?PUBLIC KEY|(?:(?:TRUSTED|X509) )?CERTIFICATE(?! REQUEST)|(?:NEW )?CERTIFICATE REQUEST';
const DASHES = '[-\u2010-\u2015\u2212]*';
/** Only known labels, because a message shows them; dashes as word processors make them. */
const BEGIN = new RegExp(`${DASHES} ?BEGIN (${LABEL}) ?${DASHES}`, 'g');
const END = new RegExp(`${DASHES} ?(END|BEGIN) (${LABEL})`);

/** Every content of this kind; other blocks of the same file are ignored. */
function readBlocks(pem: string, kind: Kind): Read<readonly Content[]> {
  if (pem.trim() === '') {
    return { problem: `is missing: a PEM that begins with -----BEGIN ${kind}-----.` };
  }
  const text = plain(pem);
  const begins = [...text.matchAll(BEGIN)];
  if (begins.length === 0) {
    return readWithoutLabel(pem, text, kind);
  }
  const blocks = begins.map((begin) => {
    const [whole, label = ''] = begin;
    return { label, read: readBody(text.slice(begin.index + whole.length), label) };
  });
  for (const { label, read } of blocks) {
    if ('problem' in read && kindOf(label) === kind) {
      return read;
    }
  }
  const contents = blocks.flatMap(({ read }) => ('value' in read ? [read.value] : []));
  const wanted = contents.filter((content) => content.kind === kind);
  const [first] = blocks;
  const found = contents[0]?.kind === kindOf(first?.label) ? first?.label : contents[0]?.kind;
  return wanted.length > 0
    ? { value: wanted }
    : { problem: `contains a ${found ?? first?.label}; expected a ${kind}.` };
}

/** Base64 without BEGIN and END, as Java programs use it; or no key at all. */
function readWithoutLabel(pem: string, text: string, kind: Kind): Read<readonly Content[]> {
  if (/\.(pem|key|crt|cer|p12)\s*$|^\s*[.~]?\//.test(pem)) {
    const problem =
      'is a path, not a PEM: set the path in the variable of the same name with the suffix _FILE.';
    return { problem };
  }
  const compact = text.replaceAll(/\s/g, '');
  if (/^MI[\w+/]{100,}=*$/.test(compact)) {
    const read = readBody(compact, kind);
    return 'problem' in read || read.value.kind === kind
      ? allOf(read)
      : { problem: `contains a ${read.value.kind}; expected a ${kind}.` };
  }
  const problem = END.test(text)
    ? `has no line -----BEGIN ${kind}-----: copy the whole file again.`
    : `is not a PEM: it must begin with -----BEGIN ${kind}-----.`;
  return { problem };
}

function allOf<T>(read: Read<T>): Read<readonly T[]> {
  return 'value' in read ? { value: [read.value] } : read;
}

const PASSPHRASE =
  'is protected by a passphrase: set the decrypted key, from: openssl pkey -in <file> -out <new file>';
const CUT =
  'is cut off after its first line(s): write the whole PEM on one line with \\n between its lines, or set a file in the variable with the suffix _FILE.';
/** The object identifier of PBES2, which begins an encrypted PKCS#8. */
const ENCRYPTED = Buffer.from('2a864886f70d01050d', 'hex');
const HEADER_BYTES = 64;

/** @param text what follows the BEGIN line, to the end of the block or beyond it */
function readBody(text: string, label: string): Read<Content> {
  const end = END.exec(text);
  const body = text.slice(0, end?.index ?? text.length);
  if (label.startsWith('ENCRYPTED') || /Proc-Type|DEK-Info/.test(body)) {
    return { problem: PASSPHRASE };
  }
  if (label.startsWith('OPENSSH')) {
    return { problem: 'is a key of OpenSSH: convert it with: ssh-keygen -p -m PEM -f <copy>' };
  }
  const base64 = body.replaceAll(/\s|-+$/g, '');
  const strange = base64.replaceAll(/[A-Za-z0-9+/=]/g, '').length;
  if (strange > 0) {
    const problem = `contains ${strange} ${strange === 1 ? 'character' : 'characters'} that cannot be in a PEM: copy the whole file again.`;
    return { problem };
  }
  const der = Buffer.from(base64, 'base64');
  const expected = lengthOf(der);
  if (der.length === 0 || (end === null && !(der.length >= expected))) {
    return { problem: end === null ? CUT : 'has nothing between BEGIN and END: copy it again.' };
  }
  if (der.length !== expected) {
    const sizes = Number.isNaN(expected) ? '' : `: ${der.length} of ${expected} bytes`;
    return { problem: `is damaged${sizes}: copy the whole file again.` };
  }
  if (der.subarray(0, HEADER_BYTES).includes(ENCRYPTED)) {
    return { problem: PASSPHRASE };
  }
  const content = contentOf(der);
  return content === undefined
    ? { problem: 'is damaged, a character was changed: copy the whole file again.' }
    : { value: content };
}

/** The length that a DER sequence says it has, in bytes; NaN if it is none. */
function lengthOf(der: Buffer): number {
  const [tag, size = 0] = der;
  if (tag !== 0x30) {
    return Number.NaN;
  }
  const more = size < 0x80 ? 0 : size - 0x80;
  return more === 0
    ? 2 + size
    : more <= 4 && der.length >= 2 + more
      ? 2 + more + der.readUIntBE(2, more)
      : Number.NaN;
}

function contentOf(der: Buffer): Content | undefined {
  const privately = (type: 'pkcs8' | 'pkcs1' | 'sec1') => (): Content => ({
    kind: 'PRIVATE KEY',
    key: createPrivateKey({ key: der, format: 'der', type }),
  });
  const publicly = (type: 'spki' | 'pkcs1') => (): Content => ({
    kind: 'PUBLIC KEY',
    key: createPublicKey({ key: der, format: 'der', type }),
  });
  const ways = [
    ...[privately('pkcs8'), privately('pkcs1'), privately('sec1')],
    (): Content => ({ kind: 'CERTIFICATE', certificate: new X509Certificate(der) }),
    ...[publicly('spki'), publicly('pkcs1')],
  ];
  for (const way of ways) {
    try {
      return way();
    } catch {
      // Another form. OpenSSL's message does not help an operator, and may quote the key.
    }
  }
  return undefined;
}

function kindOf(label = ''): Kind | undefined {
  const kinds: readonly Kind[] = ['PRIVATE KEY', 'PUBLIC KEY', 'CERTIFICATE'];
  return kinds.find((kind) => label.endsWith(kind));
}

function theOnly(read: Read<readonly Content[]>, what: string): Read<Content> {
  if ('problem' in read) {
    return read;
  }
  const [first, ...others] = read.value;
  const same = others.every(
    (one) => 'key' in one && first !== undefined && 'key' in first && one.key.equals(first.key),
  );
  return first !== undefined && same
    ? { value: first }
    : { problem: `contains ${read.value.length} different ${what}: keep the right one.` };
}

function failed(read: Read<unknown>): { readonly problem: string } {
  return 'problem' in read ? read : { problem: 'is no key.' };
}

/** A changed character can leave a key that can be parsed, but whose signatures are wrong. */
function intact(key: KeyObject): Read<KeyObject> {
  const read = rsaKey(key);
  const message = Buffer.from('payafter');
  try {
    const isRight =
      'problem' in read ||
      verify('sha256', message, createPublicKey(key), sign('sha256', message, key));
    return isRight ? read : { problem: DAMAGED_KEY };
  } catch {
    return { problem: DAMAGED_KEY };
  }
}

const DAMAGED_KEY = 'is damaged, its numbers do not belong together: copy the whole file again.';

function rsaKey(key: KeyObject): Read<KeyObject> {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= 2048
    ? { value: key }
    : { problem: 'must be an RSA key of 2048 bits or more.' };
}

/**
 * The text as it was before it went through environment files, shells and editors: line ends that
 * are written out, quotes, byte order marks, Base64 of the whole. None of them can be in a PEM.
 */
function plain(pem: string): string {
  const text = pem
    .replaceAll(/(\\+r)?\\+n|\\+r/g, '\n')
    .replaceAll(/["'`\u2018-\u201F\u200B-\u200D\u2060\uFEFF\\]/g, '')
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim();
  const compact = text.replaceAll(/\s/g, '');
  if (/BEGIN/.test(text) || !/^[\w+/-]{100,}=*$/.test(compact)) {
    return text;
  }
  const decoded = Buffer.from(compact, 'base64').toString('latin1');
  return /-----BEGIN /.test(decoded) ? plain(decoded) : text;
}
