import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppParts } from '../../src/app.ts';
import { createRateLimit } from '../../src/auth/rate-limit.ts';
import { requestGate } from '../../src/http/request-headers.ts';
import {
  createHttpServer,
  type HttpLimits,
  listen,
  problemCode,
  refusing,
  rejecting,
} from '../../src/http/server.ts';
import { caller, knowing } from '../fixtures/app/callers.ts';
import type { CollectedLog } from '../fixtures/app/log-lines.ts';
import { createTestApp } from '../fixtures/app/test-app.ts';
import { rowsOf } from '../fixtures/docs/tables.ts';
import { at, parsed } from '../fixtures/json.ts';

const RARE = { perSecond: 0.001, burst: 1 };

const TYPENAME = '{"query":"{ __typename }"}';
const POST = 'POST /graphql HTTP/1.1';
const JSON_TYPE = 'content-type: application/json';
const EVERYONE = { authenticator: knowing({ all: caller(['orders:any', 'orders:cancel']) }) };

const stopping = new AbortController();
const servers: { readonly port: number; readonly log: CollectedLog; readonly close: () => void }[] =
  [];

/** A server as `start` builds it; gives its port. */
async function serve(
  parts: Partial<AppParts> = {},
  stopped = new AbortController().signal,
  limits: Partial<HttpLimits> = {},
) {
  const app = createTestApp(parts);
  const { onRejected, log } = app;
  const gated = rejecting(app.requestListener, requestGate('authenticator' in parts), (status) =>
    onRejected(problemCode(status)),
  );
  const { signal } = new AbortController();
  const accepting = refusing(gated, signal, stopped, onRejected);
  const server = createHttpServer(accepting, limits, undefined, onRejected);
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  servers.push({ port: Number(new URL(url).port), log, close });
  return Number(new URL(url).port);
}

let plain = 0;
let impatient = 0;
let authenticated = 0;
let limited = 0;
let stopped = 0;
let broken = 0;
beforeAll(async () => {
  plain = await serve();
  impatient = await serve({}, undefined, { headersMs: 100, requestMs: 200, checkMs: 20 });
  authenticated = await serve(EVERYONE);
  limited = await serve({ rateLimit: createRateLimit(RARE, RARE) });
  stopped = await serve({}, stopping.signal);
  stopping.abort();
  const authenticate = () => {
    throw new Error('a fault');
  };
  broken = await serve({ authenticator: { ...EVERYONE.authenticator, authenticate } });
});
afterAll(() => {
  for (const { close } of servers) {
    close();
  }
});

/** Sends exactly these bytes, and returns the last response. */
async function answerTo(port: number, text: string) {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  await once(socket, 'close');
  const responses = answer.split(/(?=HTTP\/1\.1 \d)/);
  const [head = '', ...rest] = (responses.at(-1) ?? '').split('\r\n\r\n');
  const body = rest.join('\r\n\r\n').replace(/^[\da-f]+\r\n(.*)\r\n0(?:\r\n)*$/s, '$1');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
}

const request = (lines: readonly string[], body = '') =>
  `${[...lines, 'connection: close', `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
const LOCAL = 'host: 127.0.0.1';
const post = (more: readonly string[], body = TYPENAME) => request([POST, LOCAL, ...more], body);
const RESULT = 'accept: application/graphql-response+json';

/** What each status is the response to. */
const CASES: readonly (readonly [
  status: number,
  what: string,
  port: () => number,
  text: string,
])[] = [
  [400, 'no HTTP', () => plain, 'hello\r\n\r\n'],
  [400, 'HTTP/2', () => plain, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [400, 'a header without a colon', () => plain, `${POST}\r\n${LOCAL}\r\nx\r\n\r\n`],
  [
    400,
    'two lengths',
    () => plain,
    `${POST}\r\n${LOCAL}\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
  ],
  [400, 'no Host', () => plain, request([POST, JSON_TYPE], TYPENAME)],
  [400, 'an invalid Host', () => plain, request([POST, 'host: a/b', JSON_TYPE], TYPENAME)],
  [400, 'no JSON', () => plain, post([JSON_TYPE], '{')],
  [400, 'a syntax error', () => plain, post([JSON_TYPE, RESULT], '{"query":"{"}')],
  [401, 'no credential', () => authenticated, post([JSON_TYPE])],
  [403, 'a foreign Host', () => plain, request([POST, 'host: shop.example', JSON_TYPE], TYPENAME)],
  [404, 'an unknown path', () => plain, request(['GET /nothing HTTP/1.1', LOCAL])],
  [405, 'another method', () => plain, request(['PUT /graphql HTTP/1.1', LOCAL])],
  [406, 'no acceptable type', () => plain, post([JSON_TYPE, 'accept: image/png'])],
  [408, 'headers that do not come', () => impatient, `${POST}\r\n`],
  [
    408,
    'a body that does not come',
    () => impatient,
    `${POST}\r\n${LOCAL}\r\n${JSON_TYPE}\r\ncontent-length: 9\r\n\r\n{`,
  ],
  [413, 'a long body', () => plain, post([JSON_TYPE], ' '.repeat(70_000))],
  [415, 'no content type', () => plain, post([])],
  [417, 'an expectation', () => plain, post([JSON_TYPE, 'expect: coffee'])],
  [429, 'too many calls', () => limited, post([JSON_TYPE])],
  [431, 'long headers', () => plain, post([`x: ${'x'.repeat(17_000)}`])],
  [
    431,
    'a long URL',
    () => plain,
    request([`GET /graphql?query=${'x'.repeat(17_000)} HTTP/1.1`, LOCAL]),
  ],
  [500, 'a fault of the server', () => broken, post([JSON_TYPE])],
  [503, 'a request while the server stops', () => stopped, post([JSON_TYPE])],
];

test.each(CASES)(
  'an error has a JSON body of the one form, and a line of the log: %i, %s',
  async (status, _, port, text) => {
    if (status === 429) {
      await answerTo(port(), text);
    }
    const answer = await answerTo(port(), text);
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/^content-type: application\/(?:graphql-response\+)?json/m);
    expect(answer.head).toMatch(/^cache-control: no-store/m);
    const code = at(parsed(answer.body), 'errors', 0, 'extensions', 'code');
    const lines = servers.find((one) => one.port === port())?.log.entries() ?? [];
    const line =
      status === 500 ? { msg: 'unexpected error' } : { msg: 'request rejected', why: code };
    expect(lines).toContainEqual(expect.objectContaining({ level: expect.any(String), ...line }));
    expect(parsed(answer.body)).toEqual({
      errors: [
        expect.objectContaining({
          message: expect.stringMatching(/^[A-Z].*[^ ]$/s),
          extensions: expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/) }),
        }),
      ],
    });
  },
);

test('every status of the reference is tried here', () => {
  const documented = rowsOf('docs/reference/graphql-errors.md', 'Code').flatMap(
    ([, status = '']) =>
      status
        .match(/\d+/g)
        ?.map(Number)
        .filter((one) => one >= 400) ?? [],
  );
  const tried = new Set(CASES.map(([status]) => status));
  expect([...tried].toSorted()).toEqual([...new Set(documented)].toSorted());
});

test('a request that is not HTTP gets its response after those before it on its connection', async () => {
  const answer = await answerTo(
    plain,
    `${request([POST, LOCAL, JSON_TYPE], TYPENAME).replace('connection: close\r\n', '')}nonsense\r\n\r\n`,
  );
  expect(answer.status).toBe(400);
});
