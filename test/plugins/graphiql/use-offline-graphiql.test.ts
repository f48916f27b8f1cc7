import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { renderGraphiqlPage } from '../../../src/plugins/graphiql/page.ts';
import { createTestApp } from '../../fixtures/app/test-app.ts';
import { at } from '../../fixtures/json.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8';
const open = createTestApp({ graphiql: renderGraphiqlPage });
const get = (path: string, headers: Readonly<Record<string, string>>, app = open) =>
  app.fetch(new Request(`http://app${path}`, { headers }));

test('there is no page and no landing page if GraphiQL is off', async () => {
  const app = createTestApp();
  expect((await get('/graphql', { accept: BROWSER }, app)).status).toBe(400);
  for (const path of ['/', '/nothing', '/graphiql']) {
    const response = await get(path, { accept: BROWSER }, app);
    expect([path, response.status]).toEqual([path, 404]);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  }
});

test('GraphiQL is one compressed page that the browser lets reach nothing else', async () => {
  const response = await get('/graphql', { accept: BROWSER, 'accept-encoding': 'gzip, br' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  const html = gunzipSync(await response.bytes()).toString();
  expect(html).toContain('<title>payafter-graphql');
  expect(html).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
  expect((await get('/nothing', { accept: BROWSER })).status).toBe(404);
});

test.each([undefined, 'br', 'identity', 'gzip;q=0', '*;q=0'])(
  'the page is not compressed for a client that does not accept gzip: %s',
  async (encoding) => {
    const headers = { accept: BROWSER, ...(encoding && { 'accept-encoding': encoding }) };
    const response = await get('/graphql', headers);
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.text()).toContain('<title>payafter-graphql');
  },
);

test('responses that clients do not read share the bytes of the page', async () => {
  const page = '<!doctype html>'.padEnd(4 * 1024 * 1024, ' ');
  const app = createTestApp({ graphiql: () => Promise.resolve(page) });
  const ask = () => get('/graphql', { accept: BROWSER }, app);
  const first = await ask();
  const before = process.memoryUsage().arrayBuffers;
  const unread = await Promise.all(Array.from({ length: 20 }, ask));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(page.length);
  expect(await unread[19]?.text()).toBe(await first.text());
});

test.each([
  [BROWSER, true],
  ['text/html', true],
  ['application/json;q=0.5, text/html', true],
  ['application/json, text/html;q=0.5', false],
  ['application/json, text/html', false],
  ['text/html;q=0', false],
  ['*/*', false],
])('for Accept: %s the page is the response: %s', async (accept, isPage) => {
  // As browsers do: the page is not decompressed for each case.
  const headers = { accept, 'accept-encoding': 'gzip' };
  const response = await get('/graphql?query={__typename}', headers);
  const type = response.headers.get('content-type') ?? '';
  expect(type.startsWith('text/html')).toBe(isPage);
});

test('the root redirects to the page relative to its own path, so that a path prefix stays', async () => {
  const response = await get('/', { accept: BROWSER });
  const location = response.headers.get('location') ?? '';
  expect(response.status).toBe(302);
  expect(new URL(location, 'https://shop.example.com/pay/').pathname).toBe('/pay/graphql');
});

test('a client that prefers JSON gets the result of its query at the address of the page', async () => {
  const response = await get('/graphql?query={__typename}', { accept: 'application/json' });
  expect(at(await response.json(), 'data')).toEqual({ __typename: 'Query' });
});
