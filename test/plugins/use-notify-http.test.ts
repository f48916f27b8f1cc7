import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import {
  acceptedOrder,
  change,
  completeInput,
  create,
  finishedOrder,
} from '../fixtures/app/order-operations.ts';
import { recordedEvents } from '../fixtures/app/recorded-events.ts';
import { type Port, serve } from '../fixtures/http/port.ts';
import { at, textAt } from '../fixtures/json.ts';
import {
  notificationBody,
  notificationOptions,
  post,
  signedHeaders,
} from '../fixtures/wechat/sdk-notification.ts';

const LIMIT = 64 * 1024;

let clientFixture: AppWithClient;
let port: Port;
let fixture: AppWithSandbox;
let lifePort: Port;
beforeAll(async () => {
  [clientFixture, fixture] = await Promise.all([
    createAppWithClient({ wechat: notificationOptions() }),
    createAppWithSandbox({ rules: { payDelaySeconds: 0 } }),
  ]);
  [port, lifePort] = await Promise.all([serve(clientFixture), serve(fixture)]);
  await fixture.control('POST', 'notify-url', { url: `${lifePort.url}/wechat/notify` });
});
afterAll(async () => {
  await Promise.all([port.stop(), lifePort.stop()]);
  await Promise.all([clientFixture.close(), fixture.close()]);
});

/** Posts bytes to the port, with their length or in chunks of unknown end. */
async function posted(body: string, framing: 'content-length' | 'chunked'): Promise<unknown> {
  const request = httpRequest(`${port.url}/wechat/notify`, {
    method: 'POST',
    headers: {
      ...signedHeaders(body),
      ...(framing === 'content-length' && { 'content-length': Buffer.byteLength(body) }),
    },
  });
  request.on('error', () => {});
  for (let start = 0; start < body.length; start += 16_384) {
    request.write(body.slice(start, start + 16_384));
  }
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  return at(response, 'statusCode');
}

const padded = (bytes: number) => {
  const body = notificationBody();
  return body + ' '.repeat(bytes - Buffer.byteLength(body));
};

test.each(['content-length', 'chunked'] as const)(
  'a body of 64 KB is read, %s',
  async (framing) => {
    expect(await posted(padded(LIMIT), framing)).toBe(200);
  },
);

test.each(['content-length', 'chunked'] as const)(
  'a body over 64 KB is refused with 413, %s',
  async (framing) => {
    const before = await clientFixture.rows();
    expect(await posted(padded(LIMIT + 1), framing)).toBe(413);
    expect(await posted(padded(10 * LIMIT), framing)).toBe(413);
    expect(await clientFixture.rows()).toEqual(before);
  },
);

test('a body over 64 KB leaves no connection behind', async () => {
  await posted(padded(10 * LIMIT), 'chunked');
  const connections = () => {
    port.server.closeIdleConnections();
    return promisify(port.server.getConnections).call(port.server);
  };
  await expect.poll(connections).toBe(0);
});

test('a body that is announced as too long is refused before it is sent', async () => {
  const body = padded(LIMIT + 1);
  const request = httpRequest(`${port.url}/wechat/notify`, {
    method: 'POST',
    headers: { ...signedHeaders(body), 'content-length': LIMIT + 1 },
  });
  request.on('error', () => {});
  request.flushHeaders();
  const [response] = await once(request, 'response');
  expect(at(response, 'statusCode')).toBe(413);
  request.destroy();
});

test('a notification that cannot be stored is answered with 503', async () => {
  const closing = await createAppWithClient({ wechat: notificationOptions() });
  await closing.ledger.close();
  expect((await post(closing, notificationBody())).status).toBe(503);
  expect(closing.log.text()).toContain('storing a webhook failed');
  expect(closing.log.text()).not.toContain('SECRET');
});

test('a notification is answered with 503 if a write is refused, and accepted when it is retried', async () => {
  let broken = true;
  const flaky = await createAppWithClient({
    wechat: notificationOptions(),
    ledger: (real) => ({
      ...real,
      saveNotification: (notification) =>
        broken ? Promise.reject(new Error('disk is full')) : real.saveNotification(notification),
    }),
  });
  const body = notificationBody();
  expect((await post(flaky, body)).status).toBe(503);
  expect(await flaky.rows()).toEqual({ orders: 0, events: 0, notifications: 0 });
  broken = false;
  expect((await post(flaky, body)).status).toBe(200);
  expect(await flaky.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
  await flaky.close();
});

const eventsOf = (outOrderNo: string) => recordedEvents(fixture, outOrderNo);

test('a confirmation is an event within a second, from the notification of WeChat Pay', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  await fixture.user('confirm', outOrderNo);
  await expect
    .poll(() => eventsOf(outOrderNo))
    .toEqual(['CREATED MUTATION', 'USER_ACCEPTED NOTIFICATION']);
});

test('a complete and its payment are one event each', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  await change(fixture, 'complete', completeInput(outOrderNo));
  await expect.poll(() => eventsOf(outOrderNo)).toContain('USER_PAID NOTIFICATION');
  const events = await eventsOf(outOrderNo);
  expect(new Set(events.map((event) => event.split(' ')[0])).size).toBe(events.length);
});

test('a notification that WeChat Pay repeats changes nothing', async () => {
  await fixture.injectUntilCleared({ on: 'notify', fault: 'duplicate', copies: 5 });
  const outOrderNo = await finishedOrder(fixture);
  await expect.poll(() => eventsOf(outOrderNo)).toContain('USER_PAID NOTIFICATION');
  const before = await eventsOf(outOrderNo);
  const notifications = await fixture.control('GET', 'notifications');
  for (const notification of Array.isArray(notifications) ? notifications : []) {
    await fixture.control('POST', `notifications/${textAt(notification, 'id')}/resend`);
  }
  expect(await eventsOf(outOrderNo)).toEqual(before);
});
