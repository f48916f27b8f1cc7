import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { QUERY } from '../../fixtures/graphql/documents.ts';
import { SILENCE, statusFault, UNTRUSTED } from '../../fixtures/graphql/faults.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';

let patient: AppWithSandbox;
/** Only silence needs short attempts: on a busy machine others would seem silent, too. */
let impatient: AppWithSandbox;
/** An order that exists, so that a query has something to be wrong about. */
const existing = orderInput();
beforeAll(async () => {
  patient = await createAppWithSandbox({ timeoutMs: 6_000 });
  impatient = await createAppWithSandbox({ timeoutMs: 1_500 });
  await Promise.all([patient.create(existing), impatient.create(existing)]);
});
beforeEach(() => Promise.all([patient.reset(), impatient.reset()]));
afterAll(() => Promise.all([patient.close(), impatient.close()]));

type Seen = readonly [code: string, reason: string, wechat?: JsonObject];
const untrusted: Seen = ['WECHAT_UNTRUSTED', 'UNTRUSTED_ANSWER', { status: 200, code: null }];
const html = { html: true };

const ROWS: readonly (readonly [name: string, fault: JsonObject, seen: Seen])[] = [
  ...UNTRUSTED.map(([name, fault]) => [name, fault, untrusted] as const),
  [
    '500',
    statusFault(500),
    ['WECHAT_UNAVAILABLE', 'SERVER_ERROR', { status: 500, code: 'SYSTEM_ERROR' }],
  ],
  [
    '502 in HTML',
    statusFault(502, html),
    ['WECHAT_UNAVAILABLE', 'SERVER_ERROR', { status: 502, code: null }],
  ],
  ['202', statusFault(202), ['WECHAT_UNAVAILABLE', 'SERVER_ERROR', { status: 202, code: null }]],
  [
    '404 in HTML',
    statusFault(404, html),
    ['WECHAT_UNTRUSTED', 'UNTRUSTED_ANSWER', { status: 404, code: null }],
  ],
  ['302', statusFault(302), ['WECHAT_UNTRUSTED', 'UNTRUSTED_ANSWER', { status: 302, code: null }]],
  ['a reset before', { fault: 'reset-before' }, ['WECHAT_UNAVAILABLE', 'CONNECTION']],
  ['a reset after', { fault: 'reset-after' }, ['WECHAT_UNAVAILABLE', 'CONNECTION']],
  ['a truncated answer', { fault: 'truncate' }, ['WECHAT_UNAVAILABLE', 'CONNECTION']],
  ['silence', SILENCE, ['WECHAT_UNAVAILABLE', 'TIMEOUT']],
];

describe('where every call meets', () => {
  test.each(ROWS)(
    'if every call meets %s, a query fails and a create has an unknown outcome',
    async (_, fault, seen) => {
      const [code, reason, wechat] = seen;
      const fixture = fault === SILENCE ? impatient : patient;
      await fixture.inject({ on: 'any', times: null, ...fault });
      const input = orderInput();
      const { outOrderNo } = input;
      const [queried, created] = await Promise.all([
        fixture.run(QUERY, { by: { outOrderNo: existing['outOrderNo'] } }),
        fixture.create(input),
      ]);

      expect(at(queried, 'data')).toEqual({ payAfterOrder: null });
      expect(at(queried, 'errors')).toMatchObject([
        { path: ['payAfterOrder'], extensions: { code } },
      ]);
      expect(at(queried, 'errors', 0, 'extensions', 'wechat')).toEqual(
        wechat && { requestId: expect.any(String), retryable: true, ...wechat },
      );
      expect(created).toEqual({
        __typename: 'OutcomeUnknownError',
        code: 'OUTCOME_UNKNOWN',
        message: expect.any(String),
        outOrderNo,
        reason,
      });
      await expect.poll(() => fixture.calls('create').length).toBeGreaterThan(1);

      await fixture.reset();
      expect(await fixture.create(input)).toMatchObject({
        outOrderNo,
        package: expect.any(String),
      });
    },
  );
});

describe('where WeChat Pay limits the rate', () => {
  test.each<[string, JsonObject, number | null]>([
    ['and names no time', {}, null],
    ['for longer than a call may take', { retryAfter: 30 }, 30],
  ])(
    'if WeChat Pay limits the rate %s, nothing was accepted',
    async (_, more, retryAfterSeconds) => {
      await patient.inject({ on: 'any', times: null, ...statusFault(429, more) });
      const input = orderInput();
      expect(await patient.create(input)).toEqual({
        __typename: 'WechatUnavailableError',
        code: 'WECHAT_UNAVAILABLE',
        message: expect.any(String),
        retryAfterSeconds,
      });
      expect(await patient.stored(input['outOrderNo'])).toBeUndefined();
      const answer = await patient.run(QUERY, { by: { outOrderNo: existing['outOrderNo'] } });
      expect(at(answer, 'errors', 0, 'extensions')).toMatchObject({
        code: 'WECHAT_UNAVAILABLE',
        wechat: { status: 429, code: 'FREQUENCY_LIMITED', retryable: true },
      });
    },
  );

  test('a rate limit after an ambiguous response is an unknown outcome', async () => {
    await patient.inject({ on: 'create', fault: 'reset-after' });
    await patient.inject({ on: 'create', times: null, ...statusFault(429) });
    expect(await patient.create(orderInput())).toMatchObject({
      __typename: 'OutcomeUnknownError',
      reason: 'CONNECTION',
    });
  });
});

describe('a definite no', () => {
  test.each([
    [400, 'PARAM_ERROR'],
    [401, 'SIGN_ERROR'],
    [403, 'NO_AUTH'],
  ])(
    'a definite refusal of %s is returned with its code, after one call',
    async (status, wechatCode) => {
      await patient.inject({ on: 'any', times: null, ...statusFault(status) });
      const requestId = expect.stringMatching(/-\d+$/);
      expect(await patient.create(orderInput())).toEqual({
        __typename: 'WechatRefusedError',
        code: 'WECHAT_REFUSED',
        message: expect.stringContaining(wechatCode),
        wechatCode,
        status,
        requestId,
      });
      expect(patient.calls()).toHaveLength(1);
      const answer = await patient.run(QUERY, { by: { outOrderNo: existing['outOrderNo'] } });
      expect(at(answer, 'errors', 0, 'extensions')).toEqual({
        code: 'WECHAT_REFUSED',
        wechat: { status, code: wechatCode, requestId, retryable: false },
      });
      expect(patient.calls()).toHaveLength(2);
    },
  );
});
