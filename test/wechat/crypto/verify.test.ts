import { sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  answerMessage,
  type FoundKey,
  verifySignature,
} from '../../../src/wechat/crypto/signature.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const NOW_SECONDS = 1_722_850_421;
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0000000000000024101100397200000006';
const SERIAL = '5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC';
const publicKeyMode = rsaKeys();
const certificateMode = rsaKeys();
const keys = new Map([
  [PUBLIC_KEY_ID, publicKeyMode.publicKey],
  [SERIAL, certificateMode.publicKey],
]);
const body = Buffer.from('{"out_order_no":"1234323","risk_amount":10000}');

interface Parts {
  readonly timestamp?: string;
  readonly serial?: string;
  readonly signature?: string;
  readonly signedBody?: Uint8Array;
  readonly signer?: typeof publicKeyMode;
  readonly without?: string;
  readonly body?: Uint8Array;
  readonly nowMs?: number;
  /** What is known of the serial, in place of its key. */
  readonly found?: FoundKey;
}

/** An answer of WeChat's, right but for the parts that are given. */
function check(parts: Parts = {}) {
  const timestamp = parts.timestamp ?? String(NOW_SECONDS);
  const nonce = 'd824f2e086d3c1df967785d13fcd22ef';
  const message = answerMessage(timestamp, nonce, parts.signedBody ?? parts.body ?? body);
  const { privateKey } = parts.signer ?? publicKeyMode;
  const headers = new Map([
    ['wechatpay-timestamp', timestamp],
    ['wechatpay-nonce', nonce],
    ['wechatpay-serial', parts.serial ?? PUBLIC_KEY_ID],
    [
      'wechatpay-signature',
      parts.signature ?? sign('sha256', message, privateKey).toString('base64'),
    ],
  ]);
  headers.delete(parts.without ?? '');
  const header = (name: string) => headers.get(name) ?? null;
  const find = (serial: string) => parts.found ?? keys.get(serial);
  return verifySignature(
    { header, body: parts.body ?? body },
    find,
    parts.nowMs ?? NOW_SECONDS * 1000,
  );
}

test('a response that is signed by the key it names is trusted', () => {
  expect(check()).toBeUndefined();
});

test('an empty body is signed as an empty line', () => {
  expect(check({ body: new Uint8Array() })).toBeUndefined();
});

test('two keys can be used side by side, each for its own serial', () => {
  expect(check({ serial: SERIAL, signer: certificateMode })).toBeUndefined();
  expect(check({ serial: SERIAL, signer: publicKeyMode })).toEqual({ why: 'wrong-signature' });
  expect(check({ signer: certificateMode })).toEqual({ why: 'wrong-signature' });
});

test.each([
  ['wechatpay-timestamp', 'Wechatpay-Timestamp'],
  ['wechatpay-nonce', 'Wechatpay-Nonce'],
  ['wechatpay-signature', 'Wechatpay-Signature'],
  ['wechatpay-serial', 'Wechatpay-Serial'],
])('a response without %s is unsigned', (without, missing) => {
  expect(check({ without })).toEqual({ why: 'unsigned', missing });
});

test.each([-300, -299, 0, 299, 300])('a date %d s off is accepted', (off) => {
  expect(check({ timestamp: String(NOW_SECONDS + off) })).toBeUndefined();
});

test.each([-301, 301, -86_400, 86_400])('a date %d s off is refused, signed or not', (off) => {
  const timestamp = String(NOW_SECONDS + off);
  expect(check({ timestamp })).toEqual({ why: 'outside-window', offBySeconds: -off });
});

test.each([-300_000, 300_000])('a date exactly %d ms off is accepted', (offByMs) => {
  expect(check({ nowMs: NOW_SECONDS * 1000 + offByMs })).toBeUndefined();
});

test.each([-300_500, -300_001, 300_001, 300_499])('a date %d ms off is refused', (offByMs) => {
  const nowMs = NOW_SECONDS * 1000 + offByMs;
  expect(check({ nowMs })).toEqual({ why: 'outside-window', offBySeconds: offByMs / 1000 });
});

test.each([
  'NaN',
  'soon',
  `${NOW_SECONDS}.0`,
  ` ${NOW_SECONDS}`,
  `+${NOW_SECONDS}`,
  '0x66b09d75',
  `${NOW_SECONDS}000`,
])('the date %o is none', (timestamp) => {
  const unreadable = { why: 'unreadable-header', header: 'Wechatpay-Timestamp' };
  expect(check({ timestamp })).toEqual(unreadable);
});

test('a header that came twice is one value if both are equal, and unreadable if not', () => {
  expect(check({ serial: `${PUBLIC_KEY_ID}, ${PUBLIC_KEY_ID}` })).toBeUndefined();
  const unreadable = { why: 'unreadable-header', header: 'Wechatpay-Serial' };
  expect(check({ serial: `${PUBLIC_KEY_ID}, ${SERIAL}` })).toEqual(unreadable);
});

test('an unknown serial is refused', () => {
  expect(check({ serial: '0123456789ABCDEF' })).toEqual({ why: 'unknown-serial' });
});

test.each(['expired-certificate', 'not-yet-valid-certificate'] as const)(
  'a correct signature by an %s is refused',
  (why) => {
    expect(check({ found: why })).toEqual({ why });
  },
);

describe('a signature that does not fit is refused', () => {
  test('the signature of another body is refused', () => {
    expect(check({ signedBody: Buffer.from('{}') })).toEqual({ why: 'wrong-signature' });
  });

  test('the signature of the same JSON in other bytes is refused', () => {
    const spaced = Buffer.from(body.toString().replace(':', ': '));
    expect(check({ signedBody: spaced })).toEqual({ why: 'wrong-signature' });
  });

  test('the signature of a body with one more line feed is refused', () => {
    const longer = Buffer.concat([body, Buffer.from('\n')]);
    expect(check({ signedBody: longer })).toEqual({ why: 'wrong-signature' });
  });

  test('a signature by another key is refused', () => {
    expect(check({ signer: rsaKeys() })).toEqual({ why: 'wrong-signature' });
  });

  test('a signature probe of WeChat Pay is refused and reported as a probe', () => {
    const signature = `WECHATPAY/SIGNTEST/${Buffer.alloc(256, 7).toString('base64')}`;
    expect(check({ signature })).toEqual({ why: 'probe' });
  });

  test.each(['=', '!!!!', '%', '签名', 'abc', 'A'.repeat(10_000), `${'A'.repeat(342)}=`])(
    'an invalid signature is refused without an exception, also if it is not Base64: %#',
    (signature) => {
      expect(check({ signature })).toEqual({ why: 'wrong-signature' });
    },
  );
});
