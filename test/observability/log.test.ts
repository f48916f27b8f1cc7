import { describe, expect, test } from 'vitest';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at, type JsonObject } from '../fixtures/json.ts';

const REDACTED = '[redacted]';

/** What a line of these fields looks like. */
function logged(fields: JsonObject): unknown {
  const { log, entries } = collectLog();
  log.info(fields, 'message');
  return entries()[0];
}

describe('a secret field is redacted', () => {
  test.each([
    ...['name', 'phone', 'userid', 'address', 'openid', 'attach', 'package'],
    ...['authorization', 'cookie', 'signature', 'ciphertext', 'plaintext'],
    ...['key', 'secret', 'token', 'jwt', 'password', 'body', 'variables', 'input'],
  ])('a secret field is redacted by its name: %s', (name) => {
    expect(logged({ [name]: 'canary' })).toMatchObject({ [name]: REDACTED });
  });

  test.each([
    ...['finish_ticket', 'finishTicket', 'FINISH-TICKET', 'FinishTicket'],
    ...['Authorization', 'AUTHORIZATION', 'Wechatpay-Signature', 'wechatpay_signature'],
    ...['apiv3_key', 'apiv3Key', 'APIV3-KEY', 'merchantKey', 'merchant_key', 'privateKey'],
    ...['private_key', 'api-key', 'OpenID', 'userID', 'user_id'],
  ])('a secret field is redacted in any case and with any separator: %s', (name) => {
    expect(logged({ [name]: 'canary' })).toMatchObject({ [name]: REDACTED });
  });

  test('a secret field is redacted at any depth, in lists too, whatever its value', () => {
    const order = { outOrderNo: 'T1', phone: ['canary'], openid: { value: 'canary' } };
    const entry = logged({ a: { b: { c: [order, [order]] } }, list: [{ name: 'canary' }] });
    const clean = { outOrderNo: 'T1', phone: REDACTED, openid: REDACTED };
    expect(entry).toMatchObject({
      a: { b: { c: [clean, [clean]] } },
      list: [{ name: REDACTED }],
    });
    expect(JSON.stringify(entry)).not.toContain('canary');
  });

  test('everything that is nested too deeply to inspect is redacted', () => {
    const deep = Array.from({ length: 50 }).reduce<JsonObject>((inner) => ({ inner }), {
      phone: 'canary',
      x: 'canary',
    });
    expect(JSON.stringify(logged(deep))).not.toContain('canary');
    const circle: Record<string, unknown> = { phone: 'canary' };
    circle['self'] = circle;
    expect(JSON.stringify(logged(circle))).not.toContain('canary');
  });
});

test('harmless fields are not changed', () => {
  const fields = {
    outOrderNo: 'T1',
    status: 200,
    wechat: { code: 'NO_AUTH', requestId: '08B-1', retryable: false },
    field: 'state',
    nothing: null,
    list: [1, 'two', null],
  };
  expect(logged(fields)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    ...fields,
    msg: 'message',
  });
});

describe('an error', () => {
  class TransportError extends Error {
    readonly code = 'ECONNRESET';
    readonly syscall = 'read';
    readonly request = { phone: 'canary', url: 'canary' };
    readonly body = 'canary';
  }

  test('an error is logged with its type, message, codes and stack, and nothing else', () => {
    const entry = logged({ err: new TransportError('the connection broke') });
    expect(at(entry, 'err')).toEqual({
      type: 'TransportError',
      message: 'the connection broke',
      code: 'ECONNRESET',
      syscall: 'read',
      stack: expect.stringContaining('log.test'),
    });
  });

  test('the causes of an error are logged in the same way', () => {
    const cause = new Error('query failed', { cause: new TransportError('the connection broke') });
    const entry = logged({ err: new Error('no order', { cause }) });
    expect(at(entry, 'err')).toMatchObject({
      type: 'Error',
      message: 'no order',
      cause: {
        type: 'Error',
        message: 'query failed',
        cause: { type: 'TransportError', code: 'ECONNRESET' },
      },
    });
    expect(JSON.stringify(entry)).not.toContain('canary');
  });

  test('a cause that is not an error has its secrets redacted', () => {
    const err = new Error('no order', { cause: { phone: 'canary', status: 500 } });
    expect(at(logged({ err }), 'err', 'cause')).toEqual({ phone: REDACTED, status: 500 });
  });

  test('an error is logged in the same way under any field name', () => {
    const problem = new TransportError('the connection broke');
    expect(at(logged({ step: 'http', problem }), 'problem', 'type')).toBe('TransportError');
    expect(JSON.stringify(logged({ errors: [problem] }))).not.toContain('canary');
  });
});

test('lines below the level are omitted', () => {
  const { log, entries } = collectLog();
  log.debug({ a: 1 }, 'detail');
  expect(entries()).toEqual([]);
});
