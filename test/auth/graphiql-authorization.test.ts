import { expect, test } from 'vitest';
import { caller, knowing } from '../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest } from '../fixtures/app/test-app.ts';

const authenticator = knowing({
  'one.secret': caller(['schema:read']),
  'a.b.c': caller(['schema:read']),
  'two.secret': caller(['orders:read', 'orders:any']),
  'late.secret': 'unavailable',
});
const graphiql = () => Promise.resolve('<html>GraphiQL</html>');
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
const page = (headers: Readonly<Record<string, string>> = {}) =>
  new Request('http://app/graphql', { headers: { accept: 'text/html', ...headers } });

test('with authentication GraphiQL requires schema:read, and the browser prompts for a credential', async () => {
  const app = createTestApp({ authenticator, graphiql, graphiqlFor: 'schema-readers' });
  const refused = await app.fetch(page());
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  expect(await refused.text(), 'for a user who dismisses the prompt').toContain('schema:read');
  const statusFor = async (name: string, password: string) =>
    (await app.fetch(page(basic(name, password)))).status;
  expect(await statusFor('one', 'secret')).toBe(200);
  expect(await statusFor('', 'a.b.c')).toBe(200);
  expect(await statusFor('two', 'secret')).toBe(401);
  expect(await statusFor('one', 'wrong')).toBe(401);
  expect(await statusFor('late', 'secret')).toBe(401);
});

test('the login executes operations of the page only, because browsers send it from every page', async () => {
  const app = createTestApp({ authenticator, graphiql, graphiqlFor: 'schema-readers' });
  const statusFrom = async (site: string | undefined, credential = basic('one', 'secret')) => {
    const headers = { ...credential, ...(site !== undefined && { 'sec-fetch-site': site }) };
    return (await app.fetch(graphqlRequest({ query: '{ __typename }' }, headers))).status;
  };
  expect(await statusFrom('same-origin')).toBe(200);
  expect(await statusFrom('same-origin', basic('', 'a.b.c'))).toBe(200);
  expect(await statusFrom('same-origin', basic('one', 'wrong'))).toBe(401);
  for (const site of [undefined, 'same-site', 'cross-site', 'none']) {
    expect([site, await statusFrom(site)]).toEqual([site, 401]);
  }
});

test('without the GraphiQL page a login of a browser is no credential', async () => {
  const app = createTestApp({ authenticator, graphiqlFor: 'schema-readers' });
  const headers = { ...basic('one', 'secret'), 'sec-fetch-site': 'same-origin' };
  expect((await app.fetch(graphqlRequest({ query: '{ __typename }' }, headers))).status).toBe(401);
});

test('without authentication the GraphiQL page requires no login', async () => {
  expect((await createTestApp({ authenticator, graphiql }).fetch(page())).status).toBe(200);
});
