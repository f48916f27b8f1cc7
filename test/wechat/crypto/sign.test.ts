import { verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Formatter, Rsa } from 'wechatpay-axios-plugin';
import {
  answerMessage,
  authorization,
  requestMessage,
  signature,
  verifySignature,
} from '../../../src/wechat/crypto/signature.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const keys = rsaKeys();
const TIMESTAMP = 1652750623;
const NONCE = 'eBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u';

const requests = [
  {
    what: 'a GET with a query',
    method: 'GET',
    target: '/v3/pay/transactions/id/1217752501201407033233368018?mchid=1230000109',
    body: '',
    lines:
      'GET\n/v3/pay/transactions/id/1217752501201407033233368018?mchid=1230000109\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n\n',
  },
  {
    what: 'a POST',
    method: 'POST',
    target: '/v3/payscore/payafter-orders',
    body: '{"attach":"押金"}',
    lines:
      'POST\n/v3/payscore/payafter-orders\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n{"attach":"押金"}\n',
  },
  {
    what: 'a POST whose body ends in a line feed',
    method: 'POST',
    target: '/v3/payscore/payafter-orders',
    body: '{}\n',
    lines:
      'POST\n/v3/payscore/payafter-orders\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n{}\n\n',
  },
  {
    what: 'a POST without a body',
    method: 'POST',
    target: '/v3/x',
    body: '',
    lines: 'POST\n/v3/x\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n\n',
  },
  {
    what: 'a percent-encoded target',
    method: 'GET',
    target: '/v3/x?out_order_no=a%7Cb*c',
    body: '',
    lines: 'GET\n/v3/x?out_order_no=a%7Cb*c\n1652750623\neBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u\n\n',
  },
];

describe.each(requests)('$what', ({ method, target, body, lines }) => {
  const request = { method, target, timestamp: TIMESTAMP, nonce: NONCE, body: Buffer.from(body) };

  test('a request is signed as five lines, each ended by a line feed', () => {
    expect(requestMessage(request).toString()).toBe(lines);
  });

  test('a request is signed as the same lines by the SDK', () => {
    expect(Formatter.request(method, target, TIMESTAMP, NONCE, body)).toBe(lines);
  });

  test('a request has an Authorization of one exact form, whose signature verifies', async () => {
    const serial = '5F1C72E2A8931B72A2E13AF8DEE92471EB397115';
    const credential = { mchid: '1234567891', serial, privateKey: keys.privateKey };
    const header = await authorization(request, credential);
    const [, signed = ''] = /signature="([^"]+)"/.exec(header) ?? [];

    expect(header).toBe(
      `WECHATPAY2-SHA256-RSA2048 mchid="1234567891",nonce_str="${NONCE}",signature="${signed}",timestamp="1652750623",serial_no="${serial}"`,
    );
    const bytes = Buffer.from(signed, 'base64');
    expect(bytes.toString('base64')).toBe(signed);
    expect(verify('RSA-SHA256', Buffer.from(lines), keys.publicKey, bytes)).toBe(true);
    expect(Rsa.verify(lines, signed, keys.publicPem)).toBe(true);
  });
});

describe('an answer', () => {
  test.each([
    { what: 'with a body', body: '{"a":1}', lines: '1722850421\nd824f2e0\n{"a":1}\n' },
    { what: 'without one (204)', body: '', lines: '1722850421\nd824f2e0\n\n' },
    {
      what: 'whose body ends in a line feed',
      body: '{}\n',
      lines: '1722850421\nd824f2e0\n{}\n\n',
    },
  ])('$what is signed as three lines', ({ body, lines }) => {
    expect(answerMessage('1722850421', 'd824f2e0', Buffer.from(body)).toString()).toBe(lines);
    expect(Formatter.response('1722850421', 'd824f2e0', body)).toBe(lines);
  });

  test('a response that the SDK signed is trusted', () => {
    const body = '{"state":"CREATED","attach":"押金"}';
    const signed = Rsa.sign(Formatter.response(TIMESTAMP, NONCE, body), keys.privatePem);
    const headers = new Map([
      ['wechatpay-timestamp', String(TIMESTAMP)],
      ['wechatpay-nonce', NONCE],
      ['wechatpay-serial', 'A'],
      ['wechatpay-signature', signed],
    ]);
    const answer = { header: (name: string) => headers.get(name) ?? null };
    const trust = (text: string) =>
      verifySignature(
        { ...answer, body: Buffer.from(text) },
        () => keys.publicKey,
        TIMESTAMP * 1000,
      );

    expect(trust(body)).toBeUndefined();
    expect(trust(`${body} `)).toEqual({ why: 'wrong-signature' });
  });
});

test.each(['main', 'pool'] as const)(
  'a signature of the %s thread is the same that the SDK makes of the message',
  async (thread) => {
    expect(await signature(Buffer.from('消息'), keys.privateKey, thread)).toBe(
      Rsa.sign('消息', keys.privatePem),
    );
  },
);
