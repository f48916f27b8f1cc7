import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import {
  decrypted,
  isAuthentic,
  type Received,
  startReceiver,
} from '../../fixtures/sandbox/receiver.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ notifyUrl: receiver.url });
  merchant = createMerchant(sandbox.credentials);
  await merchant.control('POST', '/sandbox/notify-schedule', { factor: 0 });
});
beforeEach(() => merchant.control('DELETE', '/sandbox/faults'));
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

/** What a merchant gets: the wrong notification first, then, having refused it, the right one. */
async function wrongThenRight(fault: string, options: object = {}): Promise<[Received, Received]> {
  await merchant.control('POST', '/sandbox/faults', { on: 'notify', fault, ...options });
  receiver.reset((nth) => (nth === 1 ? 401 : 204));
  await merchant.accepted();
  await soon(() => receiver.received.length).toBe(2);
  const [wrong, right] = receiver.received;
  if (!wrong || !right) {
    throw new Error('two have come');
  }
  return [wrong, right];
}

const isGood = (one: Received) => isAuthentic(one, sandbox.credentials.WECHAT_PUBLIC_KEY);
const read = (one: Received) => decrypted(one, sandbox.credentials.WECHAT_APIV3_KEY);
const header = ({ headers }: Received, name: string) => String(headers[`wechatpay-${name}`] ?? '');
const offSeconds = (one: Received) => Number(header(one, 'timestamp')) - Date.now() / 1000;

describe('a notification that must not be trusted comes once, and then as it should:', () => {
  test('tamper changes one byte after signing', async () => {
    const [wrong, right] = await wrongThenRight('tamper');
    expect(isGood(wrong)).toBe(false);
    expect(() => read(wrong)).toThrow();
    const changed = [...wrong.text].filter((character, at) => character !== right.text[at]);
    expect([wrong.text.length, changed.length]).toEqual([right.text.length, 1]);
    expect(isGood(right)).toBe(true);
    expect(read(right)).toMatchObject({ state: 'USER_ACCEPTED' });
  });

  test.each(['wrong-signature', 'probe', 'unsigned'])(
    'a notification with the fault %s does not verify',
    async (fault) => {
      const [wrong, right] = await wrongThenRight(fault);
      expect(isGood(wrong)).toBe(false);
      expect(header(wrong, 'signature').startsWith('WECHATPAY/SIGNTEST/')).toBe(fault === 'probe');
      expect(header(wrong, 'signature') === '').toBe(fault === 'unsigned');
      expect(isGood(right)).toBe(true);
    },
  );

  test.each([
    ['stale', -600],
    ['future', 600],
  ])('%s is correctly signed at the wrong time', async (fault, seconds) => {
    const [wrong, right] = await wrongThenRight(fault);
    expect(isGood(wrong)).toBe(true);
    expect(Math.abs(offSeconds(wrong) - seconds)).toBeLessThan(5);
    expect(Math.abs(offSeconds(right))).toBeLessThan(5);
  });

  test('stale accepts a number of seconds', async () => {
    const [wrong] = await wrongThenRight('stale', { seconds: 290 });
    expect(Math.abs(offSeconds(wrong) + 290)).toBeLessThan(5);
  });

  test('unknown-serial names a key that does not exist', async () => {
    const [wrong] = await wrongThenRight('unknown-serial');
    const { text } = await merchant.control('GET', '/sandbox/platform-certificate');
    const known = [
      sandbox.credentials.WECHAT_PUBLIC_KEY_ID,
      new X509Certificate(text).serialNumber,
    ];
    expect(known).not.toContain(header(wrong, 'serial'));
    expect(isGood(wrong)).toBe(true);
  });

  test('bad-ciphertext is correctly signed and cannot be decrypted', async () => {
    const [wrong, right] = await wrongThenRight('bad-ciphertext');
    expect(isGood(wrong)).toBe(true);
    expect(() => read(wrong)).toThrow();
    expect(wrong.json['id']).toBe(right.json['id']);
    expect(read(right)).toMatchObject({ state: 'USER_ACCEPTED' });
  });
});

test('a fault of notifications does not affect calls, nor a fault of any call the notifications', async () => {
  await merchant.control('POST', '/sandbox/faults', [
    { on: 'notify', fault: 'unsigned', times: 1 },
    { on: 'any', fault: 'unsigned', times: 1 },
  ]);
  receiver.reset((nth) => (nth === 1 ? 500 : 204));
  const created = await merchant.create({ need_user_confirm: false, openid: 'oUser' });
  expect(created.headers.has('wechatpay-signature')).toBe(false);
  await soon(() => receiver.received.length).toBe(2);
  expect(receiver.received.map((one) => header(one, 'signature') === '')).toEqual([true, false]);
  expect((await merchant.control('GET', '/sandbox/faults')).text).toBe('[]\n');
});

test.each([
  [{ on: 'notify', fault: 'latency' }, 'on notify fault is one of drop, duplicate'],
  [{ on: 'create', fault: 'drop' }, 'for a call fault is one of latency'],
  [{ on: 'notify', fault: 'duplicate', copies: 1 }, 'copies is a whole number from 2'],
  [{ on: 'notify', fault: 'drop', takesEffect: true }, 'unknown option'],
])('an invalid fault of notifications is refused: %o', async (fault, message) => {
  const { status, json } = await merchant.control('POST', '/sandbox/faults', fault);
  expect([status, json['error']]).toEqual([400, expect.stringContaining(message)]);
});
