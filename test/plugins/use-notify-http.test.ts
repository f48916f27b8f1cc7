import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createGateway,
  createLife,
  type Gateway,
  type Life,
} from '../fixtures/app/merchant-app.ts';
import {
  acceptedOrder,
  change,
  completeInput,
  create,
  finishedOrder,
} from '../fixtures/app/order-operations.ts';
import { recordedEvents } from '../fixtures/app/recorded-events.ts';
import { type Port, serve } from '../fixtures/http/port.ts';
import { at, textAt } from '../fixtures/json-at.ts';
import {
  notificationBody,
  notificationOptions,
  post,
  signedHeaders,
} from '../fixtures/wechat/sdk-notification.ts';

const LIMIT = 64 * 1024;

let gateway: Gateway;
let port: Port;
let life: Life;
let lifePort: Port;
beforeAll(async () => {
  [gateway, life] = await Promise.all([
    createGateway({ wechat: notificationOptions() }),
    createLife({ rules: { payDelaySeconds: 0 } }),
  ]);
  [port, lifePort] = await Promise.all([serve(gateway), serve(life)]);
  await life.control('POST', 'notify-url', { url: `${lifePort.url}/wechat/notify` });
});
afterAll(async () => {
  await Promise.all([port.stop(), lifePort.stop()]);
  await Promise.all([gateway.close(), life.close()]);
});

/** Posts bytes to the port, with their length told or in chunks of unknown end. */
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
    const before = await gateway.rows();
    expect(await posted(padded(LIMIT + 1), framing)).toBe(413);
    expect(await posted(padded(10 * LIMIT), framing)).toBe(413);
    expect(await gateway.rows()).toEqual(before);
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

test('a caller who says that much will come is refused before it does', async () => {
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

test('a notification that can not be stored is to come again: 503', async () => {
  const closing = await createGateway({ wechat: notificationOptions() });
  await closing.ledger.close();
  expect((await post(closing, notificationBody())).status).toBe(503);
  expect(closing.logged()).toContain('could not be stored');
  expect(closing.logged()).not.toContain('SECRET');
});

test('a notification is answered with 503 where a write is refused, and taken when it comes again', async () => {
  let broken = true;
  const flaky = await createGateway({
    wechat: notificationOptions(),
    ledger: (real) => ({
      ...real,
      handleNotification: (notification) =>
        broken ? Promise.reject(new Error('disk is full')) : real.handleNotification(notification),
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

const eventsOf = (outOrderNo: string) => recordedEvents(life, outOrderNo);

test('a confirm is an event within a second, from the notification of WeChat', async () => {
  const outOrderNo = textAt(await create(life), 'outOrderNo');
  await life.user('confirm', outOrderNo);
  await expect
    .poll(() => eventsOf(outOrderNo))
    .toEqual(['CREATED MUTATION', 'USER_ACCEPTED NOTIFICATION']);
});

test('a complete and its payment are events, each once', async () => {
  const outOrderNo = await acceptedOrder(life);
  await change(life, 'complete', completeInput(outOrderNo));
  await expect.poll(() => eventsOf(outOrderNo)).toContain('USER_PAID NOTIFICATION');
  const events = await eventsOf(outOrderNo);
  expect(new Set(events.map((event) => event.split(' ')[0])).size).toBe(events.length);
});

test('a notification that WeChat sends again and again changes nothing', async () => {
  await life.inject({ on: 'notify', fault: 'duplicate', copies: 5 });
  const outOrderNo = await finishedOrder(life);
  await expect.poll(() => eventsOf(outOrderNo)).toContain('USER_PAID NOTIFICATION');
  const before = await eventsOf(outOrderNo);
  const notifications = await life.control('GET', 'notifications');
  for (const notification of Array.isArray(notifications) ? notifications : []) {
    await life.control('POST', `notifications/${textAt(notification, 'id')}/resend`);
  }
  expect(await eventsOf(outOrderNo)).toEqual(before);
});
