import type { RequestListener } from 'node:http';
import { Pool } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { sendRequest, type WireRequest } from '../../../src/wechat/http/transport.ts';
import { serve } from '../../fixtures/http/http-server.ts';

const REQUEST: WireRequest = {
  method: 'GET',
  target: '/orders',
  headers: { accept: 'application/json' },
  body: Buffer.alloc(0),
  timeoutMs: 5_000,
};

/** A server, and a pool of one connection to it. */
async function poolTo(listener: RequestListener): Promise<Pool> {
  const server = await serve(listener);
  const pool = new Pool(server.url, { connections: 1 });
  onTestFinished(async () => {
    await pool.destroy();
    await server[Symbol.asyncDispose]();
  });
  return pool;
}

test('a response is complete, in whatever pieces it arrives, and whatever came before it', async () => {
  const pool = await poolTo((_, response) => {
    response.writeProcessing();
    response.writeHead(201, { 'request-id': 'R1' });
    response.write('{"a"');
    setTimeout(() => response.end(':1}'), 20);
  });
  const { status, headers, body } = await sendRequest(pool, REQUEST);
  expect({ status, id: headers['request-id'], body: Buffer.from(body).toString() }).toEqual({
    status: 201,
    id: 'R1',
    body: '{"a":1}',
  });
});

test('an empty response has an empty body', async () => {
  const pool = await poolTo((_, response) => response.writeHead(204).end());
  expect(await sendRequest(pool, REQUEST)).toMatchObject({ status: 204, body: Buffer.alloc(0) });
});

test('a request that waits for a connection times out, and is not sent afterwards', async () => {
  const seen: (string | undefined)[] = [];
  const pool = await poolTo(({ url }, response) => {
    seen.push(url);
    setTimeout(() => response.end(), 300);
  });
  const first = sendRequest(pool, { ...REQUEST, target: '/first' });
  const since = performance.now();
  const late = sendRequest(pool, { ...REQUEST, target: '/late', timeoutMs: 50 });
  await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - since).toBeLessThan(250);
  await first;
  await sendRequest(pool, { ...REQUEST, target: '/third' });
  expect(seen).toEqual(['/first', '/third']);
});

test('an abort of the caller rejects with its reason, before, while and after the response begins', async () => {
  const pool = await poolTo((_, response) => {
    response.write('{');
  });
  for (const afterMs of [0, 1, 100]) {
    const caller = new AbortController();
    const reason = new Error('no longer needed');
    const answer = sendRequest(pool, { ...REQUEST, signal: caller.signal });
    setTimeout(() => caller.abort(reason), afterMs);
    await expect(answer).rejects.toBe(reason);
  }
  await expect(sendRequest(pool, { ...REQUEST, signal: AbortSignal.abort('gone') })).rejects.toBe(
    'gone',
  );
});

test('a connection that breaks is a network error as fetch has it', async () => {
  const pool = await poolTo(({ socket }) => {
    socket.destroy();
  });
  await expect(sendRequest(pool, REQUEST)).rejects.toMatchObject({
    name: 'TypeError',
    message: 'fetch failed',
    cause: expect.objectContaining({ code: 'UND_ERR_SOCKET' }),
  });
});
