import { describe, expect, test } from 'vitest';
import { renderGraphiqlPage } from '../src/plugins/graphiql/page.ts';
import { createTestApp, graphqlRequest, stubWechat } from './fixtures/app/test-app.ts';
import { at } from './fixtures/json.ts';

const app = createTestApp({ wechat: stubWechat() });
const body = '{"query":"{ __typename }"}';
const json = { 'content-type': 'application/json' };
const post = (headers: Readonly<Record<string, string>>, path = '/graphql') =>
  app.fetch(new Request(`http://app${path}`, { method: 'POST', headers, body }));

describe('POST /graphql', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=utf8',
  ])('POST /graphql takes %s', async (type) => {
    const response = await post({ 'content-type': type });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test.each([
    'text/plain',
    'text/plain;charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json-patch+json',
    'x/application/json',
    '',
  ])('POST /graphql takes no %j: what a form of another origin could send is 415', async (type) => {
    const response = await post({ 'content-type': type });
    expect(response.status).toBe(415);
    expect(at(await response.json(), 'data')).toBeUndefined();
  });

  test('POST /graphql takes no content type of its own making', async () => {
    const request = new Request('http://app/graphql', { method: 'POST', body: Buffer.from(body) });
    expect((await app.fetch(request)).status).toBe(415);
  });

  test('POST /graphql refuses a body over 64 KB, and takes one of just that size', async () => {
    const padded = (size: number) => {
      const empty = JSON.stringify({ query: '{ __typename }', extensions: { x: '' } });
      return empty.replace('""', `"${'x'.repeat(size - empty.length)}"`);
    };
    expect((await app.fetch(graphqlRequest(padded(65_536)))).status).toBe(200);
    const refused = await app.fetch(graphqlRequest(padded(65_537)));
    expect(refused.status).toBe(413);
    expect(await refused.text()).not.toContain('xxxx');
  });

  test('POST /graphql refuses a body over 64 KB also where it does not say how long it is', async () => {
    const chunk = Buffer.alloc(40_000, ' ');
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue(chunk);
        controller.enqueue(chunk);
        controller.enqueue(Buffer.from(body));
        controller.close();
      },
    });
    const init = { method: 'POST', headers: json, body: stream, duplex: 'half' as const };
    expect((await app.fetch(new Request('http://app/graphql', init))).status).toBe(413);
  });

  test('POST /graphql takes no list of requests', async () => {
    const response = await app.fetch(graphqlRequest(`[${body},${body}]`));
    expect(response.status).toBe(400);
    expect(at(await response.json(), 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
  });
});

describe('/health and /ready', () => {
  const get = (path: string, of = app) => of.fetch(new Request(`http://app${path}`));

  test('answer 200 without a body', async () => {
    for (const path of ['/health', '/ready', '/health?x=1']) {
      const response = await get(path);
      expect([path, response.status, await response.text()]).toEqual([path, 200, '']);
    }
  });

  test('differ once the server takes no new requests', async () => {
    const stopping = createTestApp({ isReady: () => false });
    expect((await get('/health', stopping)).status).toBe(200);
    const ready = await get('/ready', stopping);
    expect([ready.status, await ready.text()]).toEqual([503, '']);
  });

  test.each(['/graphql?x=/health', '/graphql?x=/ready', '/graphql/health', '/x/ready', '/healthz'])(
    'are not %s',
    async (path) => {
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe('CORS', () => {
  const preflight = (origin: string, of = app) =>
    of.fetch(
      new Request('http://app/graphql', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      }),
    );
  const granted = ({ headers }: Response) =>
    [...headers.keys()].filter((name) => name.startsWith('access-control-'));

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:3000'])(
    'is off: %s may neither ask nor read',
    async (origin) => {
      expect(granted(await preflight(origin))).toEqual([]);
      expect(granted(await post({ ...json, origin }))).toEqual([]);
    },
  );

  test('CORS lets the listed origins in and no other', async () => {
    const corsOrigins = ['https://shop.example.com', 'https://admin.example.com'];
    const open = createTestApp({ allowsOrigin: (origin) => corsOrigins.includes(origin) });
    for (const origin of corsOrigins) {
      const answer = await preflight(origin, open);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-credentials')).not.toBe('true');
    }
    for (const origin of [
      'https://evil.example',
      'https://shop.example.com.evil.example',
      'null',
    ]) {
      const answer = await preflight(origin, open);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

test('the tabs of GraphiQL name the sandbox where it is', async () => {
  const html = await renderGraphiqlPage('http://127.0.0.1:4999');
  expect(html.split('http://127.0.0.1:4999/').length - 1).toBeGreaterThanOrEqual(3);
  expect(html.includes('127.0.0.1:4010')).toBe(false);
});

test.each(['/graphql/', '/x/graphql', '/?x=/graphql', '/x?y=/graphql/'])(
  'there is no second endpoint: %s',
  async (path) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'query={__typename}';
    const request = new Request(`http://app${path}`, { method: 'POST', headers: form, body });
    expect((await createTestApp().fetch(request)).status).toBe(404);
  },
);
