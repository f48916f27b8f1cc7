import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, graphqlRequest, stubWechat } from '../fixtures/app/test-app.ts';
import { listen } from '../fixtures/http/listen.ts';
import { at, type JsonObject } from '../fixtures/json.ts';

const TYPE = { data: { __typename: 'Query' } };
const QUERY = '{ __typename }';
const CANCEL =
  'mutation ($input: CancelPayAfterOrderInput!) { cancelPayAfterOrder(input: $input) { __typename } }';
const JSON_TYPES = ['application/json', 'application/graphql-response+json'];
let sent = 0;
const app = createTestApp({
  wechat: stubWechat({
    cancelPayAfterOrder: () => {
      sent += 1;
      return Promise.reject(new Error('not expected'));
    },
  }),
});

/** A GET as clients build it: JSON in the parameters. */
function get(parameters: JsonObject, accept?: string, of = app) {
  const url = new URL('http://app/graphql');
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return of.fetch(new Request(url, { headers: accept === undefined ? {} : { accept } }));
}

/** Status and code of a response, which has the one shape of all errors. */
async function refusal(response: Response) {
  expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/);
  const body: unknown = await response.json();
  expect(body).toEqual({
    errors: [
      { message: expect.stringMatching(/^[A-Z].+\.$/), extensions: { code: expect.any(String) } },
    ],
  });
  return [response.status, at(body, 'errors', 0, 'extensions', 'code')];
}

describe('GET /graphql', () => {
  test.each([
    ...JSON_TYPES,
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'application/json; charset=utf-8',
    '*/*, application/json;q=0.9',
  ])('a query by GET is executed with Accept: %s', async (accept) => {
    const response = await get({ query: QUERY }, accept);
    expect([response.status, await response.json()]).toEqual([200, TYPE]);
  });

  test.each([
    undefined,
    '*/*',
    'text/html',
    'application/*',
    'text/event-stream',
    'image/png, */*',
  ])('a GET that a link or a form could send is 400: Accept: %s', async (accept) => {
    expect(await refusal(await get({ query: QUERY }, accept))).toEqual([400, 'BAD_REQUEST']);
  });

  test('variables and the operation name are read from the URL', async () => {
    const query = 'query A($x: Boolean!) { a: __typename @include(if: $x) } query B { __typename }';
    const response = await get(
      { query, operationName: 'A', variables: { x: true } },
      JSON_TYPES[0],
    );
    expect(await response.json()).toEqual({ data: { a: 'Query' } });
  });

  test.each(['variables', 'extensions'])('%s that are no JSON object are 400', async (name) => {
    for (const value of ['{', '"SECRET"', '[1]', '1']) {
      const response = await get({ query: QUERY, [name]: value }, JSON_TYPES[0]);
      expect(await refusal(response)).toEqual([400, 'BAD_USER_INPUT']);
    }
    expect(app.log.text()).not.toContain('unexpected error');
  });

  test.each(JSON_TYPES)('a mutation by GET is 405 and not executed: Accept: %s', async (accept) => {
    const response = await get(
      { query: CANCEL, variables: { input: { outOrderNo: '1' } } },
      accept,
    );
    expect(response.headers.get('allow')).toBe('POST');
    expect(await refusal(response)).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(sent).toBe(0);
  });

  test('a trusted document by GET is executed with any Accept header, but no mutation', async () => {
    const trusted = createTestApp({
      trustedDocuments: new Map([
        ['a', QUERY],
        ['b', CANCEL],
      ]),
    });
    for (const accept of [undefined, '*/*', ...JSON_TYPES]) {
      const response = await get({ documentId: 'a' }, accept, trusted);
      expect([response.status, await response.json()]).toEqual([200, TYPE]);
    }
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a' } };
    expect(await (await get({ extensions }, undefined, trusted)).json()).toEqual(TYPE);
    const variables = { input: { outOrderNo: '1' } };
    const mutation = await get({ documentId: 'b', variables }, undefined, trusted);
    expect(await refusal(mutation)).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });
});

describe('every rejected request says in JSON what to send', () => {
  const post = (headers: Readonly<Record<string, string>>, path = '/graphql') =>
    app.fetch(
      new Request(`http://app${path}`, { method: 'POST', headers, body: `{"query":"${QUERY}"}` }),
    );
  const json = { 'content-type': 'application/json' };

  test.each(['HEAD', 'PUT', 'DELETE', 'PATCH'])('%s /graphql is 405', async (method) => {
    const response = await app.fetch(new Request('http://app/graphql', { method }));
    expect(response.headers.get('allow')).toBe('GET, POST');
    expect(await refusal(response)).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });

  test('an unknown path is 404', async () => {
    expect(await refusal(await post(json, '/nothing'))).toEqual([404, 'NOT_FOUND']);
  });

  test('a body without a content type is 415', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await post(form);
    expect(response.headers.get('accept-post')).toBe('application/json');
    expect(await refusal(response)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test.each(['gzip', 'br', 'GZIP', 'identity, gzip'])('a body in %s is 415', async (encoding) => {
    const headers = { ...json, 'content-encoding': encoding };
    const body = gzipSync(`{"query":"${QUERY}"}`);
    const request = new Request('http://app/graphql', { method: 'POST', headers, body });
    const response = await app.fetch(request);
    expect(response.headers.get('accept-encoding')).toBe('identity');
    expect(await refusal(response)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test.each(['multipart/mixed', 'image/png', 'text/html', 'application/json; charset=utf-16'])(
    'a call that accepts only %s is 406, and a mutation is not executed',
    async (accept) => {
      const variables = { input: { outOrderNo: '1' } };
      const request = graphqlRequest({ query: CANCEL, variables }, { accept });
      expect(await refusal(await app.fetch(request))).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(sent).toBe(0);
    },
  );

  test('a subscription that accepts no stream is 406', async () => {
    const query = 'subscription { orderEvents { id } }';
    for (const accept of JSON_TYPES) {
      const response = await app.fetch(graphqlRequest({ query }, { accept }));
      expect(await refusal(response)).toEqual([406, 'NOT_ACCEPTABLE']);
    }
  });

  test('a preflight is 204 without CORS, with the methods of the endpoint', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const request = new Request('http://app/graphql', { method: 'OPTIONS', headers });
    const response = await app.fetch(request);
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, POST, OPTIONS']);
    expect([...response.headers.keys()].join()).not.toContain('access-control');
  });
});

describe('over a port', () => {
  let server: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    server = await listen(app);
  });
  afterAll(() => server.close());

  test('the connection is usable after a query by GET and after a rejected body', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
    const body = `{"query":"${QUERY}"}`;
    const head = 'HTTP/1.1\r\nhost: localhost\r\n';
    socket.write(`GET /graphql?query={__typename} ${head}accept: application/json\r\n\r\n`);
    socket.write(`POST /graphql ${head}content-length: ${body.length}\r\n\r\n${body}`);
    socket.write(
      `GET /graphql?query={__typename} ${head}accept: application/json\r\nconnection: close\r\n\r\n`,
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 415', 'HTTP/1.1 200']);
  });
});
