import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLimited } from '../../src/plugins/use-http-rules.ts';
import { createTestApp, graphqlRequest } from '../fixtures/app/test-app.ts';
import { listen } from '../fixtures/http/listen.ts';
import { heapUsed } from '../fixtures/process/heap.ts';

const LIMIT = 64 * 1024;
const SMALL = '{"query":"{ __typename }"}';
const app = createTestApp();
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  server = await listen(app);
});
afterAll(() => server.close());

const padded = (size: number) => SMALL.padEnd(size, ' ');

/** What a server sends back to these bytes, until it closes or so many answers are there. */
function sent(head: readonly string[], body: string, answers = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let got = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      got += text;
      if (got.split('HTTP/1.1 ').length > answers + 1) {
        socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
    const lines = ['POST /graphql HTTP/1.1', 'host: a', 'content-type: application/json', ...head];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

const framings = {
  'content-length': (body: string) =>
    sent([`content-length: ${body.length}`, 'connection: close'], body),
  chunked: (body: string) => {
    const chunks = body.match(/.{1,16384}/gs) ?? [];
    const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
    return sent(['transfer-encoding: chunked', 'connection: close'], `${framed}0\r\n\r\n`);
  },
};

describe.each(Object.entries(framings))('a body that comes with %s', (_, post) => {
  test.each([SMALL.length, LIMIT])('a body of %i bytes is accepted', async (size) => {
    const answer = await post(padded(size));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
  });

  test.each([LIMIT + 1, 10 * LIMIT])(
    'a body of %i bytes is rejected with 413, and the connection is closed',
    async (size) => {
      const answer = await post(padded(size));
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer.toLowerCase()).toContain('connection: close');
      expect(answer).toContain('"REQUEST_ENTITY_TOO_LARGE"');
    },
  );
});

test('a body that is announced as too long is rejected with 413 before it is sent', async () => {
  expect(await sent([`content-length: ${LIMIT + 1}`], '')).toMatch(/^HTTP\/1\.1 413 /);
});

test('bytes after the announced length are not part of the body', async () => {
  const answer = await sent([`content-length: ${SMALL.length}`], `${SMALL}xxxx\r\n\r\n`, 2);
  // The surplus may be refused before what came first is answered.
  expect(answer).toMatch(/^(HTTP\/1\.1 200 .*"__typename":"Query".*)?HTTP\/1\.1 400 /s);
});

test.each(['-1', '1e3', '0x10', '12,12', '5 5'])(
  'Content-Length: %s is rejected with 400',
  async (length) => {
    expect(await sent([`content-length: ${length}`], SMALL)).toMatch(/^HTTP\/1\.1 400 /);
    const response = await app.fetch(graphqlRequest(SMALL, { 'content-length': length }));
    expect(response.status).toBe(400);
  },
);

test('the fetch handler rejects a body that is longer than announced', async () => {
  const body = padded(LIMIT + 1);
  const response = await app.fetch(graphqlRequest(body, { 'content-length': '26' }));
  expect(response.status).toBe(413);
});

test('a caller that disconnects in the middle of a body does not affect others', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const head = 'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"que`, () => socket.destroy());
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
  expect(await framings.chunked(SMALL)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a body that comes byte by byte takes no more memory than its bytes', async () => {
  const sent = Buffer.from('0123456789'.repeat(2_000));
  const before = heapUsed();
  let taken = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(Uint8Array.of(sent[taken] ?? 0));
      taken += 1;
      if (taken === sent.length) {
        expect(heapUsed() - before).toBeLessThan(1024 * 1024);
        controller.close();
      }
    },
  });
  const init = { method: 'POST', body, duplex: 'half' as const };
  const request = new Request('http://app/', init);
  expect(await readLimited(request, 64 * 1024)).toEqual(sent);
});
