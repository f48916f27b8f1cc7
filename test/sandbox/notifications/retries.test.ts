import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/sandbox/http/json.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { isAuthentic, startReceiver } from '../../fixtures/sandbox/receiver.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ notifyUrl: receiver.url });
  merchant = createMerchant(sandbox.credentials);
});
beforeEach(async () => {
  await merchant.control('DELETE', '/sandbox/notifications');
  await merchant.control('DELETE', '/sandbox/faults');
  await schedule({ factor: 0, answerWithinMs: 5_000 });
  receiver.reset();
});
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

const schedule = (settings: object) =>
  merchant.control('POST', '/sandbox/notify-schedule', settings);
const inject = (fault: string, options: object = {}) =>
  merchant.control('POST', '/sandbox/faults', { on: 'notify', fault, ...options });

/** The attempts at the only notification there is. */
async function attempts(): Promise<readonly JsonObject[]> {
  const { text } = await merchant.control('GET', '/sandbox/notifications');
  return JSON.parse(text)[0]?.attempts ?? [];
}
const statuses = async () => (await attempts()).map(({ status }) => status);

describe('the schedule', () => {
  test('the schedule is 15 retries over 24 hours and 4 minutes, and a factor shortens it', async () => {
    const hours24 = (24 * 60 + 4) * 60_000;
    const total = ({ json }: { json: JsonObject }) => {
      const waits = json['retriesAfterMs'];
      return Array.isArray(waits) ? [waits.length, waits.reduce((sum, ms) => sum + ms, 0)] : [];
    };
    expect(total(await schedule({ factor: 1 }))).toEqual([15, hours24]);
    expect(total(await schedule({ factor: 0.01 }))).toEqual([15, hours24 / 100]);
    const { json } = await merchant.control('GET', '/sandbox/notify-schedule');
    expect(json).toMatchObject({ factor: 0.01, answerWithinMs: 5_000 });
  });

  test.each([200, 204])('the schedule ends with the first %i', async (status) => {
    receiver.reset((nth) => [500, 301, 201, 404][nth - 1] ?? status);
    await merchant.accepted();
    await soon(statuses).toEqual([500, 301, 201, 404, status]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(receiver.received).toHaveLength(5);
  });

  test('the schedule ends after the first attempt and 15 retries', async () => {
    receiver.reset(() => 500);
    await merchant.accepted();
    await soon(() => receiver.received.length).toBe(16);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await statuses()).toEqual(Array.from({ length: 16 }, () => 500));
  });

  test('the schedule keeps its waits: 15, 15 and 30 seconds at first, here milliseconds', async () => {
    await schedule({ factor: 0.01 });
    receiver.reset((nth) => (nth < 4 ? 500 : 200));
    await merchant.accepted();
    await soon(statuses).toEqual([500, 500, 500, 200]);
    const times = (await attempts()).map(({ atMs }) => Number(atMs));
    const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    for (const [index, wait] of [150, 150, 300].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(wait - 2);
      expect(waits[index]).toBeLessThan(wait + 5_000);
    }
  });

  test('waiting notifications follow a new factor of the schedule', async () => {
    await schedule({ factor: 1 });
    receiver.reset((nth) => (nth === 1 ? 500 : 200));
    await merchant.accepted();
    await soon(statuses).toEqual([500]);
    await schedule({ factor: 0 });
    await soon(statuses).toEqual([500, 200]);
  });

  test('a late response or a failed connection counts as a failure', async () => {
    await schedule({ factor: 0, answerWithinMs: 1_500 });
    receiver.reset((nth) => (nth === 1 ? 'hang' : 200));
    await merchant.accepted();
    await soon(statuses).toEqual(['timeout', 200]);

    await merchant.control('DELETE', '/sandbox/notifications');
    await schedule({ factor: 1 });
    await merchant.control('POST', '/sandbox/notify-url', { url: 'http://127.0.0.1:1/' });
    await merchant.accepted();
    await soon(statuses).toEqual(['no-connection']);
    await merchant.control('POST', '/sandbox/notify-url', { url: receiver.url });
  });

  test('a notification that is still retried stays in the list, however many come after it', async () => {
    await schedule({ factor: 1 });
    receiver.reset((nth) => (nth === 1 ? 500 : 204));
    await merchant.accepted({ out_order_no: 'RETRIED' });
    await soon(statuses).toEqual([500]);
    await merchant.control('POST', '/sandbox/notify-url', { url: null });
    for (let sent = 0; sent < 1_005; sent += 1) {
      const state = sent % 2 === 0 ? 'UNAVAILABLE' : 'AVAILABLE';
      await merchant.control('POST', '/sandbox/users/oMany', { useServiceState: state });
    }
    const { text } = await merchant.control('GET', '/sandbox/notifications');
    const listed: readonly JsonObject[] = JSON.parse(text);
    expect(listed).toHaveLength(1_001);
    expect(listed[0]).toMatchObject({ out_order_no: 'RETRIED', attempts: [{ status: 500 }] });
    await merchant.control('POST', '/sandbox/notify-url', { url: receiver.url });
  });

  test('the schedule ends when the notifications are deleted', async () => {
    await schedule({ factor: 0.002 });
    receiver.reset(() => 500);
    await merchant.accepted();
    await soon(() => receiver.received.length).toBeGreaterThan(0);
    await merchant.control('DELETE', '/sandbox/notifications');
    // One that had left by then may still arrive.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const count = receiver.received.length;
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(receiver.received).toHaveLength(count);
  });
});

test('every attempt has the same bytes, and a signature of its own', async () => {
  receiver.reset((nth) => (nth < 3 ? 500 : 200));
  await merchant.accepted();
  await soon(() => receiver.received.length).toBe(3);
  const distinct = (of: (one: (typeof receiver.received)[number]) => unknown) =>
    new Set(receiver.received.map(of)).size;
  expect(distinct(({ text }) => text)).toBe(1);
  expect(distinct(({ headers }) => headers['wechatpay-nonce'])).toBe(3);
  expect(distinct(({ headers }) => headers['wechatpay-signature'])).toBe(3);
  const { WECHAT_PUBLIC_KEY } = sandbox.credentials;
  expect(receiver.received.every((one) => isAuthentic(one, WECHAT_PUBLIC_KEY))).toBe(true);
});

describe('a resend', () => {
  test('a resend sends the same notification once more, and ends the wait of one that failed', async () => {
    await schedule({ factor: 1 });
    receiver.reset((nth) => (nth === 1 ? 500 : 200));
    await merchant.accepted();
    await soon(statuses).toEqual([500]);
    const id = String(receiver.received[0]?.json['id']);
    const { json } = await merchant.control('POST', `/sandbox/notifications/${id}/resend`);
    expect(json).toMatchObject({ id, attempts: [{ status: 500 }, { status: 200 }] });
    await schedule({ factor: 0 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiver.received.map((one) => one.json['id'])).toEqual([id, id]);
  });

  test('a resend that succeeds during an attempt ends the schedule', async () => {
    await schedule({ factor: 0, answerWithinMs: 300 });
    receiver.reset((nth) => (nth === 1 ? 'hang' : 200));
    await merchant.accepted();
    await soon(() => receiver.received.length).toBe(1);
    const id = String(receiver.received[0]?.json['id']);
    await merchant.control('POST', `/sandbox/notifications/${id}/resend`);
    await soon(statuses).toEqual(['timeout', 200]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.received).toHaveLength(2);
  });

  test('a resend of a missing notification is 404', async () => {
    const { status } = await merchant.control('POST', '/sandbox/notifications/none/resend');
    expect(status).toBe(404);
  });
});

describe('a fault of delivery', () => {
  test('drop counts as sent and never leaves', async () => {
    await inject('drop');
    await merchant.accepted();
    await soon(attempts).toMatchObject([{ status: 'dropped', fault: 'drop' }]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(receiver.received).toHaveLength(0);
  });

  test('duplicate sends the same notification several times concurrently', async () => {
    await inject('duplicate', { copies: 3 });
    await merchant.accepted();
    await soon(statuses).toEqual([204, 204, 204]);
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
  });

  test('an attempt that is delayed is not made once the notifications are deleted', async () => {
    await inject('delay', { ms: 100 });
    await merchant.accepted();
    await merchant.control('DELETE', '/sandbox/notifications');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(receiver.received).toHaveLength(0);
  });

  test('delay postpones an attempt, so that a later notification overtakes it', async () => {
    await inject('delay', { ms: 1_500 });
    await merchant.accepted({ out_order_no: 'FIRST' });
    await merchant.control('POST', '/sandbox/orders/FIRST/pay');
    await soon(() => receiver.received.length).toBe(2);
    expect(receiver.received.map(({ json }) => json['event_type'])).toEqual([
      'PAYSCORE.USER_PAID',
      'PAYSCORE.USER_ACCEPTED',
    ]);
  });
});

test('closing the sandbox ends every timer and every request in flight', async () => {
  const own = await startTestSandbox({ notifyUrl: receiver.url, rules: { payDelaySeconds: 0.1 } });
  const other = createMerchant(own.credentials);
  await other.control('POST', '/sandbox/notify-schedule', { factor: 0.005 });
  receiver.reset((nth) => (nth === 1 ? 'hang' : 500));
  await other.complete(await other.accepted());
  await other.accepted();
  await soon(() => receiver.received.length).toBeGreaterThan(1);
  await own.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const count = receiver.received.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(receiver.received).toHaveLength(count);
});
