import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SandboxCall } from '../../../src/sandbox/http/call-log.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  createMerchant,
  isSignedBy,
  type Merchant,
  ORDERS,
} from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const calls: SandboxCall[] = [];
let sandbox: Sandbox;
let merchant: Merchant;
let publicKey: string;

beforeAll(async () => {
  sandbox = await startTestSandbox({ onCall: (call) => calls.push(call) });
  merchant = createMerchant(sandbox.credentials);
  publicKey = sandbox.credentials.WECHAT_PUBLIC_KEY;
});
afterEach(() => merchant.control('DELETE', '/sandbox/faults'));
afterAll(() => sandbox.close());

const inject = (fault: unknown) => merchant.control('POST', '/sandbox/faults', fault);
const exists = async (outOrderNo: string) => (await merchant.stateOf(outOrderNo)) === 'CREATED';

describe('a fault on the wire', () => {
  test('reset-before closes the connection without an effect', async () => {
    await inject({ on: 'create', fault: 'reset-before' });
    await expect(merchant.create({ out_order_no: 'RB' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(await exists('RB')).toBe(false);
  });

  test('reset-after closes the connection although the order was created', async () => {
    await inject({ on: 'create', fault: 'reset-after' });
    await expect(merchant.create({ out_order_no: 'RA' })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(await exists('RA')).toBe(true);
  });

  test('truncate announces the whole response and sends half of it', async () => {
    await inject({ on: 'create', fault: 'truncate' });
    await expect(merchant.create({ out_order_no: 'TR' })).rejects.toThrow('aborted');
    expect(await exists('TR')).toBe(true);
  });

  test('latency takes effect immediately and responds late', async () => {
    await inject({ on: 'create', fault: 'latency', ms: 400 });
    const startMs = performance.now();
    const late = merchant.create({ out_order_no: 'LATE' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await exists('LATE')).toBe(true);
    expect((await late).status).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThan(390);
  });

  test('latency ends with the connection', async () => {
    await inject({ on: 'create', fault: 'latency', ms: 60_000 });
    const client = new AbortController();
    const url = `${sandbox.url}${ORDERS}`;
    const { signal } = client;
    const lost = expect(fetch(url, { method: 'POST', body: '{}', signal })).rejects.toThrow();
    const arrived = async () => (await merchant.control('GET', '/sandbox/calls')).text;
    await expect.poll(arrived).toMatch(/"fault": "latency",[^{]*\]\s*$/);
    client.abort();
    await lost;
    await expect.poll(() => calls.at(-1)).toMatchObject({ fault: 'latency', status: 'none' });
  });
});

describe('an answer that must not be trusted', () => {
  const untrusted = [
    'unsigned',
    'wrong-signature',
    'other-body',
    'stale',
    'future',
    'probe',
    'unknown-serial',
  ];

  test.each(untrusted)('the response %s is sent although the order was created', async (fault) => {
    await inject({ on: 'create', fault });
    const reply = await merchant.create({ out_order_no: `UN-${fault}` });
    expect(reply.status).toBe(200);
    expect(reply.json['out_order_no']).toBe(`UN-${fault}`);
    expect(await exists(`UN-${fault}`)).toBe(true);

    const header = (name: string) => reply.headers.get(`wechatpay-${name}`) ?? '';
    const offSeconds = Number(header('timestamp')) - Date.now() / 1000;
    const rightSignature = ['stale', 'future', 'unknown-serial'].includes(fault);
    expect(isSignedBy(reply, publicKey)).toBe(rightSignature);
    expect(header('signature') === '').toBe(fault === 'unsigned');
    expect(header('signature').startsWith('WECHATPAY/SIGNTEST/')).toBe(fault === 'probe');
    if (fault === 'stale' || fault === 'future') {
      expect(Math.abs(offSeconds - (fault === 'stale' ? -600 : 600))).toBeLessThan(5);
    }
    if (fault === 'other-body') {
      expect(isSignedBy({ ...reply, text: '{}' }, publicKey)).toBe(true);
    }
  });

  test('a response that must not be trusted can be sent without an effect', async () => {
    await inject({ on: 'create', fault: 'unsigned', takesEffect: false });
    expect((await merchant.create({ out_order_no: 'NOEFF' })).status).toBe(200);
    expect(await exists('NOEFF')).toBe(false);
  });
});

describe('faults are for certain calls', () => {
  const status = (value: number, more: object = {}) => ({
    on: 'create',
    fault: 'status',
    status: value,
    ...more,
  });
  const statuses = async (count: number) => {
    const all: number[] = [];
    for (let i = 0; i < count; i += 1) {
      all.push((await merchant.create()).status);
    }
    return all;
  };

  test('a fault applies to the given number of calls, after those that it skips', async () => {
    await inject(status(500, { times: 2, skip: 1 }));
    expect(await statuses(4)).toEqual([200, 500, 500, 200]);
  });

  test('faults apply in the order in which they were added', async () => {
    await inject([status(500), status(503)]);
    expect(await statuses(3)).toEqual([500, 503, 200]);
  });

  test('faults apply until they are cleared', async () => {
    await inject(status(500, { times: null }));
    expect(await statuses(3)).toEqual([500, 500, 500]);
    expect((await merchant.control('DELETE', '/sandbox/faults')).text).toBe('[]\n');
    expect(await statuses(1)).toEqual([200]);
  });

  test('a fault applies to calls of one kind, or of any', async () => {
    await inject({ on: 'query', fault: 'status', status: 500 });
    expect(await statuses(1)).toEqual([200]);
    expect((await merchant.query({ out_order_no: 'X' })).status).toBe(500);
    await inject({ on: 'any', fault: 'status', status: 500 });
    expect((await merchant.call('GET', '/v3/certificates')).status).toBe(500);
  });

  test('faults that are in force are listed', async () => {
    const added = await inject(status(500, { times: 2 }));
    await merchant.create();
    const { text } = await merchant.control('GET', '/sandbox/faults');
    expect(JSON.parse(added.text)).toMatchObject([{ fault: 'status', times: 2, skip: 0 }]);
    expect(JSON.parse(text)).toMatchObject([{ fault: 'status', times: 1 }]);
  });
});

test.each([
  [{ on: 'create', fault: 'explode' }, 'fault is one of latency, reset-before'],
  [{ on: 'refund', fault: 'latency' }, 'on is one of create, query'],
  [{ on: 'create', fault: 'stale', ms: 1 }, 'the options here are fault, on, times, skip,'],
  [{ on: 'create', fault: 'reset-before', takesEffect: true }, 'unknown option'],
  [{ on: 'create', fault: 'status', status: 99 }, 'status is a whole number from 200 to 599'],
  [
    { on: 'create', fault: 'status', status: 400, signature: 'x' },
    'signature is one of usual, none',
  ],
  [{ on: 'create', fault: 'other-answer' }, 'of is one of empty-object, empty-body, no-content'],
  [{ on: 'create', fault: 'latency', times: 0 }, 'times is a whole number from 1'],
  ['text', 'expected a JSON object'],
])('an invalid fault is refused: %o', async (fault, message) => {
  const { status, json } = await inject(fault);
  expect(status).toBe(400);
  expect(json['error']).toContain(message);
});
