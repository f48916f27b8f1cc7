import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bodyOf,
  camelCase,
  decode,
  encode,
  type Request,
  snakeCase,
} from '../../../src/wechat/codec/codec.ts';
import { createRequest } from '../../../src/wechat/codec/wire-types.ts';

const { name: _, phone: __, userid: ___, address: ____, ...open } = createRequest;
type OpenRequest = Request<typeof open>;

const wordOf = (pattern: RegExp) => fc.stringMatching(pattern);
const wireName = fc
  .array(wordOf(/^[a-z][a-z0-9]{0,7}$/), { minLength: 1, maxLength: 5 })
  .map((words) => words.join('_'));

test('the names of the API and of the wire are exact inverses', () => {
  fc.assert(
    fc.property(wireName, (name) => {
      expect(camelCase(name)).not.toMatch(/_/);
      expect(snakeCase(camelCase(name))).toBe(name);
    }),
  );
});

test('no two names of WeChat Pay become one', () => {
  fc.assert(
    fc.property(wireName, wireName, (one, other) => {
      expect(camelCase(one) === camelCase(other)).toBe(one === other);
    }),
  );
});

const text = fc.string({ unit: 'grapheme' });
const fen = fc.nat(Number.MAX_SAFE_INTEGER);
const time = fc.constantFrom('OnAccept', '2099-07-05T17:35:49+08:00', '2099-07-06');
const fee = fc.record(
  { feeName: text, feeCount: fen, feeAmount: fen, feeDesc: text },
  { requiredKeys: ['feeName'] },
);
const discount = fc.record(
  { discountName: text, discountDesc: text },
  { requiredKeys: ['discountName'] },
);
const openRequest: fc.Arbitrary<OpenRequest> = fc.record(
  {
    appid: text,
    outOrderNo: text,
    serviceId: text,
    serviceStartTime: time,
    serviceEndTime: fc.option(time),
    serviceStartLocation: text,
    serviceEndLocation: fc.option(text),
    serviceIntroduction: text,
    fees: fc.option(fc.array(fee, { maxLength: 3 })),
    discounts: fc.option(fc.array(discount, { maxLength: 3 })),
    riskAmount: fen,
    attach: fc.option(text),
    needUserConfirm: fc.option(fc.boolean()),
    openid: fc.option(text),
  },
  {
    requiredKeys: [
      'appid',
      'outOrderNo',
      'serviceId',
      'serviceStartTime',
      'serviceStartLocation',
      'serviceIntroduction',
      'riskAmount',
    ],
  },
);

const NO_FEE = { feeCount: null, feeAmount: null, feeDesc: null };
const NOTHING = {
  serviceEndTime: null,
  serviceEndLocation: null,
  fees: null,
  discounts: null,
  attach: null,
  needUserConfirm: null,
  openid: null,
};

test('encoding, JSON and decoding return the original value', () => {
  fc.assert(
    fc.property(openRequest, (request) => {
      const wire = encode(open, request, (plaintext) => plaintext);
      const received: Record<string, unknown> = JSON.parse(JSON.stringify(wire));
      const dropped: string[] = [];

      const seen = decode(open, received, (path) => dropped.push(path));

      expect(seen).toEqual({
        ...NOTHING,
        ...request,
        fees: request.fees?.map((item) => ({ ...NO_FEE, ...item })) ?? null,
        discounts: request.discounts?.map((item) => ({ discountDesc: null, ...item })) ?? null,
      });
      expect(dropped).toEqual([]);
    }),
  );
});

test('null and undeclared fields are never written', () => {
  fc.assert(
    fc.property(openRequest, (request) => {
      const wire = encode(open, { ...request, ...{ surprise: 1 } }, (plaintext) => plaintext);
      expect(JSON.stringify(wire)).not.toContain(':null');
      expect(Object.keys(open)).toEqual(expect.arrayContaining(Object.keys(wire)));
      expect(Object.keys(wire)).not.toContain('surprise');
    }),
  );
});

test('the bytes of a body take no more memory than they are long, also in another thread', () => {
  const body = bodyOf({ service_introduction: '共享充电宝' });
  expect(new TextDecoder().decode(body)).toBe('{"service_introduction":"共享充电宝"}');
  expect(structuredClone(body).buffer.byteLength).toBe(body.length);
});
