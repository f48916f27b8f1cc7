import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Read,
  readCertificates,
  readPrivateKey,
  readPublicKey,
} from '../../../src/wechat/keys/pem.ts';
import { certificateOf, rsaKeys } from '../../fixtures/wechat/keys.ts';

const merchant = rsaKeys();
const other = rsaKeys();
const certificate = certificateOf(merchant, '5157F09EFDC096DE15EBE81A47057A7232F1B8E1');
const { privatePem, publicPem } = merchant;
const pkcs1Pem = merchant.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const publicPkcs1Pem = merchant.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const lockedPem = (type: 'pkcs8' | 'pkcs1') =>
  merchant.privateKey
    .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' })
    .toString();

/** The kinds of files: what they contain, and whether what was read is that. */
const FILES = [
  {
    pems: [privatePem, pkcs1Pem, relabelled(pkcs1Pem, 'PRIVATE KEY')],
    beside: [certificate, publicPem],
    isRead: (pem: string) => isMerchants(readPrivateKey(pem)),
  },
  {
    pems: [publicPem, publicPkcs1Pem, relabelled(publicPkcs1Pem, 'PUBLIC KEY')],
    beside: [certificate, privatePem],
    isRead: (pem: string) => isMerchants(readPublicKey(pem)),
  },
  {
    pems: [certificate, relabelled(certificate, 'X509 CERTIFICATE')],
    beside: [privatePem, publicPem],
    isRead: (pem: string) => {
      const read = readCertificates(pem);
      return 'value' in read && read.value.every((one) => one.checkPrivateKey(merchant.privateKey));
    },
  },
] as const;

/** What people and programs do to a PEM without losing any of it. */
const HARMLESS = fc.record({
  width: fc.oneof(fc.constant(64), fc.constant(76), fc.constant(10_000), fc.nat({ max: 99 })),
  beside: fc.constantFrom('none', 'before', 'after', 'both', 'again'),
  comment: fc.constantFrom('', 'Bag Attributes\n    friendlyName: key\n', '# the key\n'),
  indentation: fc.constantFrom('', '  ', '\t', '      ', '\u3000', '\u00A0'),
  trailing: fc.constantFrom('', ' ', '\t'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r', ' ', '\n\n', '\\n', '\\r\\n', '\\\\n', '\\n\n'),
  quotes: fc.constantFrom('', '"', "'", '\\"', '`', '\u201C'),
  begin: fc.constantFrom('', '\uFEFF', '\n\n', ' ', '\u200B'),
  dashes: fc.constantFrom('-----', '----', '\u2014\u2014', '\u2013----'),
  whole: fc.constantFrom('as it is', 'as it is', 'Base64', 'wrapped Base64'),
});

test('a key is read in every form of its file: quoted, wrapped, indented or encoded', () => {
  const file = fc.constantFrom(...FILES).chain(({ pems, beside, isRead }) =>
    fc.record({
      pem: fc.constantFrom(...pems),
      others: fc.constant(beside.join('')),
      isRead: fc.constant(isRead),
    }),
  );
  fc.assert(
    fc.property(file, HARMLESS, ({ pem, others, isRead }, how) => {
      expect(isRead(rewritten(pem, others, how))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('the Base64 of a key without BEGIN and END, as Java programs use it, is read', () => {
  for (const [pem, read] of [
    [privatePem, readPrivateKey],
    [pkcs1Pem, readPrivateKey],
    [publicPem, readPublicKey],
  ] as const) {
    const body = linesOf(pem).slice(1, -1);
    expect(isMerchants(read(body.join('')))).toBe(true);
    expect(isMerchants(read(body.join('\n')))).toBe(true);
  }
});

function problemOf(read: Read<unknown>): string | null {
  return 'problem' in read ? read.problem : null;
}

/** What is lost or changed on the way. */
const DAMAGE = fc.oneof(
  fc.record({ kind: fc.constant('cut'), at: fc.nat() }),
  fc.record({ kind: fc.constant('lost'), at: fc.nat(), count: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('added'), at: fc.nat(), text: fc.constantFrom('A', 'MIIE', '*') }),
  fc.record({ kind: fc.constant('changed'), at: fc.nat(), text: fc.constantFrom('A', '/', '?') }),
  fc.record({ kind: fc.constant('without BEGIN') }),
  fc.record({ kind: fc.constant('without END') }),
);

const CAUSE =
  /^(is cut off after|is damaged|has no line -----BEGIN|has nothing between|contains \d+ characters? that cannot|is not a PEM|is missing|must be an RSA key)/;

test('a damaged key still works or is refused with its cause, and no part of it is shown', () => {
  fc.assert(
    fc.property(fc.constantFrom(privatePem, pkcs1Pem), DAMAGE, (pem, damage) => {
      const read = readPrivateKey(damaged(pem, damage));
      if ('value' in read) {
        expect(isMerchants(read)).toBe(true);
      } else {
        expect(read.problem).toMatch(CAUSE);
        expect(piecesOf(pem).filter((piece) => read.problem.includes(piece))).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
});

test('a public key or certificate that is cut off or has lost characters is never read as another', () => {
  const lossy = DAMAGE.filter(({ kind }) => kind === 'cut' || kind === 'lost');
  fc.assert(
    fc.property(fc.constantFrom(publicPem, certificate), lossy, (pem, damage) => {
      const broken = damaged(pem, damage);
      // What is left may still be the same key: without its 32 first characters it is a PKCS#1 one.
      const [problem, isTheSame] =
        pem === publicPem
          ? [problemOf(readPublicKey(broken)), () => isMerchants(readPublicKey(broken))]
          : [problemOf(readCertificates(broken)), () => isSameBody(pem, damage)];
      if (problem === null) {
        expect(isTheSame()).toBe(true);
      } else {
        expect(problem).toMatch(CAUSE);
      }
    }),
    { numRuns: 80 },
  );
});

describe('a key that cannot be read', () => {
  test.each<[string, Read<unknown>, RegExp]>([
    ['PKCS#8 under a passphrase', readPrivateKey(lockedPem('pkcs8')), /^is protected by a pass/],
    ['PKCS#1 under a passphrase', readPrivateKey(lockedPem('pkcs1')), /^is protected by a pass/],
    [
      'the same under the label of a plain key',
      readPrivateKey(relabelled(lockedPem('pkcs8'), 'PRIVATE KEY')),
      /^is protected by a passphrase: .*openssl pkey/,
    ],
    [
      'two different keys',
      readPrivateKey(`${privatePem}${other.privatePem}`),
      /^contains 2 different private keys: keep the right one/,
    ],
    [
      'a private key in place of the public one',
      readPublicKey(pkcs1Pem),
      /^contains a RSA PRIVATE KEY; expected a PUBLIC KEY/,
    ],
    [
      'a public key under the label of a private one',
      readPrivateKey(relabelled(publicPem, 'PRIVATE KEY')),
      /^contains a PUBLIC KEY; expected a PRIVATE KEY/,
    ],
    [
      'the Base64 of a public key in place of the private one',
      readPrivateKey(linesOf(publicPem).slice(1, -1).join('')),
      /^contains a PUBLIC KEY; expected a PRIVATE KEY/,
    ],
    [
      'a key of OpenSSH',
      readPrivateKey(relabelled(privatePem, 'OPENSSH PRIVATE KEY')),
      /^is a key of OpenSSH: .*ssh-keygen/,
    ],
    [
      'no content',
      readPrivateKey('-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----'),
      /^has nothing between BEGIN and END/,
    ],
    ['a Windows path', readPrivateKey('C:\\new\\apiclient_key.pem'), /^is a path, not a PEM/],
  ])('%s is named exactly', (_, read, problem) => {
    expect('problem' in read && read.problem).toMatch(problem);
  });
});

function isMerchants(read: Read<KeyObject>): boolean {
  if ('problem' in read) {
    return false;
  }
  const { value } = read;
  if (value.type === 'public') {
    return value.equals(merchant.publicKey);
  }
  const message = Buffer.from('x');
  return verify('sha256', message, createPublicKey(privatePem), sign('sha256', message, value));
}

function rewritten(
  pem: string,
  others: string,
  how: typeof HARMLESS extends fc.Arbitrary<infer T> ? T : never,
): string {
  const beside = how.beside === 'again' ? pem : others;
  const before = how.beside === 'before' || how.beside === 'both' ? beside : '';
  const after = how.beside === 'none' || how.beside === 'before' ? '' : beside;
  const text = [before, how.comment, rewrapped(pem, how.width), after].join('');
  const lines = linesOf(text).map(
    (line) => how.indentation + line.replaceAll('-----', how.dashes) + how.trailing,
  );
  const close = how.quotes === '\u201C' ? '\u201D' : how.quotes;
  const whole = how.begin + how.quotes + lines.join(how.lineEnd) + how.lineEnd + close;
  const base64 = Buffer.from(how.whole === 'as it is' ? '' : text).toString('base64');
  switch (how.whole) {
    case 'as it is':
      return whole;
    case 'Base64':
      return base64;
    default:
      return `${base64.replaceAll(/.{76}/g, '$&\n')}\n`;
  }
}

function rewrapped(pem: string, width: number): string {
  const lines = linesOf(pem);
  const body = lines.slice(1, -1).join('');
  const wrapped = width === 0 ? [body] : (body.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  return `${[lines.at(0), ...wrapped, lines.at(-1)].join('\n')}\n`;
}

function relabelled(pem: string, label: string): string {
  return pem.replaceAll(/(BEGIN|END) [A-Z ]+/g, `$1 ${label}`);
}

type Damage = typeof DAMAGE extends fc.Arbitrary<infer T> ? T : never;

function damaged(pem: string, damage: Damage): string {
  const lines = linesOf(pem);
  const [first = ''] = lines;
  const last = lines.at(-1) ?? '';
  const body = lines.slice(1, -1).join('');
  const at = 'at' in damage ? damage.at % body.length : 0;
  const frame = (changed: string) => `${first}\n${changed}\n${last}\n`;
  if ('count' in damage) {
    return frame(body.slice(0, at) + body.slice(at + damage.count));
  }
  if ('text' in damage) {
    const kept = damage.kind === 'added' ? at : at + 1;
    return frame(body.slice(0, at) + damage.text + body.slice(kept));
  }
  switch (damage.kind) {
    case 'cut':
      return `${first}\n${body.slice(0, at)}`;
    case 'without BEGIN':
      return `${body}\n${last}\n`;
    default:
      return `${first}\n${body}\n`;
  }
}

/** Whether only the filling at the end was lost. */
function isSameBody(pem: string, damage: Damage): boolean {
  const bytes = (text: string) =>
    Buffer.from(
      linesOf(text)
        .slice(1)
        .join('')
        .replace(/-----.*/, ''),
      'base64',
    );
  return bytes(damaged(pem, damage)).equals(bytes(pem));
}

function piecesOf(pem: string): readonly string[] {
  return linesOf(pem)
    .slice(1, -1)
    .flatMap((line) => [line.slice(0, 12), line.slice(20, 32)])
    .filter((piece) => piece.length === 12);
}

function linesOf(text: string): readonly string[] {
  return text.trim().split('\n');
}
