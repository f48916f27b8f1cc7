import { sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { classifyResponse } from '../../../src/wechat/calls/classify-response.ts';
import type { Attempt } from '../../../src/wechat/calls/retry-policy.ts';
import type { Wire } from '../../../src/wechat/codec/codec.ts';
import type { TransportResult } from '../../../src/wechat/http/transport.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

const keys = rsaKeys();
const NOW_SECONDS = 1_722_850_421;
const ORDER = '{"out_order_no":"A1"}';
const PARAM_ERROR = '{"code":"PARAM_ERROR","message":"参数错误"}';
const HTML = '<html><body>502 Bad Gateway</body></html>';

interface Answered {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly signed?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

function answered({
  status,
  body = ORDER,
  signed = true,
  headers = {},
}: Answered): TransportResult {
  const bytes = Buffer.from(body);
  const message = Buffer.concat([Buffer.from(`${NOW_SECONDS}\nn\n`), bytes, Buffer.from('\n')]);
  const signature = {
    'wechatpay-timestamp': String(NOW_SECONDS),
    'wechatpay-nonce': 'n',
    'wechatpay-serial': 'A',
    'wechatpay-signature': sign('sha256', message, keys.privateKey).toString('base64'),
  };
  const all = new Map(Object.entries({ ...(signed && signature), ...headers }));
  return { type: 'answered', status, body: bytes, header: (name) => all.get(name) ?? null };
}

function judged(delivery: TransportResult, sent: readonly string[] = []): Attempt<string> {
  return classifyResponse(delivery, {
    findKey: (serial) => (serial === 'A' ? keys.publicKey : undefined),
    now: NOW_SECONDS * 1000,
    read: (wire: Wire) => (wire['out_order_no'] === 'A1' ? 'A1' : undefined),
    sent: () => sent,
  });
}

test('a verified response to this call is done', () => {
  for (const status of [200, 201]) {
    expect(judged(answered({ status }))).toMatchObject({ kind: 'done', answer: 'A1', status });
  }
});

test('a signed 204 without a body reads as an empty object', () => {
  const { kind } = classifyResponse(answered({ status: 204, body: '' }), {
    findKey: () => keys.publicKey,
    now: NOW_SECONDS * 1000,
    read: (wire) => wire,
    sent: () => [],
  });
  expect(kind).toBe('done');
});

const UNTRUSTED = { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER' };
const SERVER_ERROR = { kind: 'ambiguous', reason: 'SERVER_ERROR' };

test.each<[string, Answered, object]>([
  ['an unsigned 200', { status: 200, signed: false }, UNTRUSTED],
  ['an unsigned 204', { status: 204, signed: false, body: '' }, UNTRUSTED],
  ['a signed 200 that is not JSON', { status: 200, body: '{"out_order_no":"A1"' }, UNTRUSTED],
  ['a signed 200 that is a list', { status: 200, body: `[${ORDER}]` }, UNTRUSTED],
  ['a signed 200 that is null', { status: 200, body: 'null' }, UNTRUSTED],
  ['a signed 200 for another order', { status: 200, body: '{"out_order_no":"B2"}' }, UNTRUSTED],
  ['a page of HTML with status 200', { status: 200, body: HTML, signed: false }, UNTRUSTED],
  ['a 301', { status: 301, signed: false, headers: { location: '/' } }, UNTRUSTED],
  ['a signed 302', { status: 302 }, UNTRUSTED],
  ['a 304', { status: 304, body: '', signed: false }, UNTRUSTED],
  ['a 400 of HTML', { status: 400, body: HTML, signed: false }, UNTRUSTED],
  ['a 403 without a code', { status: 403, body: '{"message":"no"}' }, UNTRUSTED],
  ['a 404 with a code of another form', { status: 404, body: '{"code":"not-found"}' }, UNTRUSTED],
  ['a 400 with a numeric code', { status: 400, body: '{"code":400}' }, UNTRUSTED],
  ['a 413 without a body', { status: 413, body: '', signed: false }, UNTRUSTED],
  ['a signed 202', { status: 202 }, SERVER_ERROR],
  [
    'a 500',
    { status: 500, body: '{"code":"SYSTEM_ERROR"}' },
    { ...SERVER_ERROR, code: 'SYSTEM_ERROR' },
  ],
  ['a 502 of HTML', { status: 502, body: HTML, signed: false }, { ...SERVER_ERROR, code: null }],
  ['a 503 without a body', { status: 503, body: '', signed: false }, SERVER_ERROR],
])('%s is ambiguous', (_, answer, expected) => {
  const headers = { ...answer.headers, 'request-id': '08F4-1' };
  const last = { status: answer.status, requestId: '08F4-1' };
  expect(judged(answered({ ...answer, headers }))).toMatchObject({ ...expected, ...last });
});

test.each<[number, string, boolean]>([
  [400, 'PARAM_ERROR', true],
  [400, 'INVALID_REQUEST', false],
  [401, 'SIGN_ERROR', false],
  [403, 'NO_AUTH', true],
  [404, 'ORDER_NOT_EXIST', true],
  [404, 'ORDER_NOT_EXIST', false],
  [409, 'CONFLICT', true],
])('a %d with the code %s is a refusal, verified: %s', (status, code, signed) => {
  const body = JSON.stringify({ code, message: '不行' });
  const headers = { 'request-id': '08F4-271316598' };
  const refusal = {
    status,
    code,
    number: 271316598,
    requestId: '08F4-271316598',
    verified: signed,
  };
  expect(judged(answered({ status, body, signed, headers }))).toEqual({
    kind: 'refused',
    refusal: { ...refusal, explanation: '不行', field: null, issue: null },
  });
});

describe('a 429 was not accepted', () => {
  const limited = (headers: Record<string, string>, signed = true) =>
    judged(answered({ status: 429, body: '{"code":"FREQUENCY_LIMITED"}', signed, headers }));

  test.each([true, false])('a 429 is not accepted, signed or not: %s', (signed) => {
    const attempt = limited({}, signed);
    expect(attempt).toMatchObject({ kind: 'not-accepted', code: 'FREQUENCY_LIMITED' });
    expect(attempt).not.toHaveProperty('retryAfterMs');
  });

  test('a 429 was not accepted and returns the time of Retry-After', () => {
    expect(limited({ 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7_000 });
    expect(limited({ 'retry-after': '0' })).toMatchObject({ retryAfterMs: 0 });
  });

  test.each(['soon', '-1', '1.5', 'Wed, 21 Oct 2026 07:28:00 GMT'])(
    'a 429 has no time if Retry-After is %o',
    (value) => {
      expect(limited({ 'retry-after': value })).not.toHaveProperty('retryAfterMs');
    },
  );
});

test.each([
  ['not-sent', { kind: 'not-accepted' }],
  ['timed-out', { kind: 'ambiguous', reason: 'TIMEOUT' }],
  ['broken', { kind: 'ambiguous', reason: 'CONNECTION' }],
] as const)('a call that ended as %s has no status, and keeps its cause', (type, expected) => {
  const cause = new Error('why');
  const last = { status: null, code: null, requestId: null };
  expect(judged({ type, cause })).toMatchObject({ ...expected, ...last, cause });
});

describe("WeChat's sentence", () => {
  const explanation = (message: unknown, sent: readonly string[]) => {
    const body = JSON.stringify({ code: 'PARAM_ERROR', message });
    const attempt = judged(answered({ status: 400, body }), sent);
    return attempt.kind === 'refused' ? attempt.refusal.explanation : attempt.kind;
  };

  test('the message of WeChat Pay is passed on', () => {
    expect(explanation('参数错误', ['oUpF8uMuAJO', ''])).toBe('参数错误');
  });

  test('the message of WeChat Pay is omitted if it quotes the request', () => {
    expect(explanation('openid oUpF8uMuAJO 无效', ['A1', 'oUpF8uMuAJO'])).toBeNull();
  });

  test('the message of WeChat Pay is omitted if it is not a text', () => {
    expect(explanation({ text: '参数错误' }, [])).toBeNull();
    expect(explanation(undefined, [])).toBeNull();
  });
});

describe('the detail of a refusal', () => {
  const detailOf = (detail: unknown, sent: readonly string[] = []) => {
    const body = JSON.stringify({ code: 'PARAM_ERROR', message: '参数错误', detail });
    const attempt = judged(answered({ status: 400, body }), sent);
    return attempt.kind === 'refused'
      ? [attempt.refusal.field, attempt.refusal.issue]
      : attempt.kind;
  };

  test.each([
    [
      { field: '/fees/0/fee_name', issue: '不唯一', location: 'body' },
      ['fees.0.feeName', '不唯一'],
    ],
    [{ field: '/detail/paid_time', location: 'body' }, ['detail.paidTime', null]],
    [{ field: 'service_id', issue: 'required', location: 'query' }, ['serviceId', 'required']],
    [{ field: '', issue: 'must be a JSON object' }, [null, 'must be a JSON object']],
    [
      { field: 'signature', location: 'authorization', detail: { issue: 'sign not match' } },
      [null, 'sign not match'],
    ],
    [undefined, [null, null]],
    ['text', [null, null]],
    [{ field: 7, issue: { deep: 'text' } }, [null, null]],
  ])('the detail %j names the field and the issue %j', (detail, expected) => {
    expect(detailOf(detail)).toEqual(expected);
  });

  test.each([
    '/13800138000',
    '/attach/张三',
    '/fees/0/Fee Name',
    `/${'a'.repeat(60)}`,
    '/a/b/c/d/e/f/g/h',
    '/zhangsan',
  ])('what may not be the name of a field is omitted: %s', (field) => {
    expect(detailOf({ field, location: 'body' }, ['zhangsan'])).toEqual([null, null]);
  });

  test.each(['openid oUpF8uMuAJO is wrong', '手机号 13800138000 无效', 'a\nb', 'x'.repeat(65)])(
    'an issue that may contain a value, or is long, is omitted: %j',
    (issue) => {
      expect(detailOf({ field: '/openid', issue }, ['oUpF8uMuAJO'])).toEqual(['openid', null]);
    },
  );
});

test.each([
  ['08F4-271316598', 271316598],
  ['08F4-0', null],
  ['08F4', null],
  ['', null],
  ['08F4-9999999999999999', null],
])('the detailed error number of the Request-ID %o is %o', (requestId, number) => {
  const attempt = judged(
    answered({ status: 400, body: PARAM_ERROR, headers: { 'request-id': requestId } }),
  );
  expect(attempt).toMatchObject({ kind: 'refused', refusal: { number } });
});
