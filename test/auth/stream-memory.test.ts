import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { as, caller, knowing } from '../fixtures/app/callers.ts';
import { type Port, serve } from '../fixtures/http/port.ts';
import { subscribe } from '../fixtures/http/sse.ts';
import { openSocket } from '../fixtures/http/websocket.ts';
import { event } from '../fixtures/ledger/observations.ts';
import { writeRows } from '../fixtures/ledger/test-ledger.ts';
import { heapUsed } from '../fixtures/process/heap.ts';
import { notificationOptions } from '../fixtures/wechat/sdk-notification.ts';

const SCOPES = ['events:read', 'orders:any'] as const;
/** As many as a stream reads of the log at a time. */
const BATCH = 30;
const WARM_UP = 20 * BATCH;
const EVENTS = 60 * BATCH;
/** A third of what a promise that is kept for each event would take. */
const MOST_BYTES = 100 * EVENTS + 300_000;

let clientFixture: AppWithClient;
let port: Port;
let last = 0;
beforeEach(async () => {
  last = 0;
  const authenticator = knowing({
    key: caller(SCOPES, { revoked: new AbortController().signal }),
    token: caller(SCOPES, { expiresAt: Date.now() + 3_600_000 }),
  });
  clientFixture = await createAppWithClient({
    wechat: notificationOptions(),
    resources: { authenticator },
  });
  port = await serve(clientFixture);
});
afterEach(async () => {
  await port.stop();
  await clientFixture.close();
});

/** Records events, and reads each of them. */
async function pass(count: number, read: () => Promise<unknown>): Promise<void> {
  for (let left = count; left > 0; left -= BATCH) {
    const rows = Array.from({ length: BATCH }, (_, index) => event({ id: last + index + 1 }));
    last += BATCH;
    await writeRows(clientFixture.ledger, (tx) => tx.insertInto('events').values(rows).execute());
    for (const _ of rows) {
      await read();
    }
  }
}

/** How much more is kept after each pass, the least of three: compiled code is kept once, a leak each time. */
async function growth(read: () => Promise<unknown>): Promise<number> {
  await pass(WARM_UP, read);
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 3; tries > 0 && least > MOST_BYTES; tries -= 1) {
    const before = heapUsed();
    await pass(EVENTS, read);
    least = Math.min(least, heapUsed() - before);
  }
  return least;
}

test.each(['key', 'token'])(
  'a stream over SSE keeps nothing of the events that it has delivered, for a caller with a %s that can end',
  async (who) => {
    const stream = await subscribe(clientFixture, {}, undefined, as(who));
    expect(await growth(stream.next)).toBeLessThan(MOST_BYTES);
    await stream.leave();
  },
);

test.each(['key', 'token'])(
  'a stream over WebSocket keeps nothing of the events that it has delivered, for a caller with a %s that can end',
  async (who) => {
    const client = await openSocket(port.webSocketUrl, {}, as(who));
    client.subscribe('1');
    await expect.poll(() => clientFixture.streams()).toBe(1);
    expect(await growth(client.next)).toBeLessThan(MOST_BYTES);
    client.socket.terminate();
    await expect.poll(() => clientFixture.streams()).toBe(0);
  },
);
