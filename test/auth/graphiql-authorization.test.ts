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

test('in production GraphiQL requires schema:read, and the browser prompts for a credential', async () => {
  const app = createTestApp({ authenticator, graphiql, graphiqlFor: 'schema-readers' });
  const refused = await app.fetch(page());
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  expect(await refused.text()).toBe('');
  const statusFor = async (name: string, password: string) =>
    (await app.fetch(page(basic(name, password)))).status;
  expect(await statusFor('one', 'secret')).toBe(200);
  expect(await statusFor('', 'a.b.c')).toBe(200);
  expect(await statusFor('two', 'secret')).toBe(401);
  expect(await statusFor('one', 'wrong')).toBe(401);
  expect(await statusFor('late', 'secret')).toBe(401);
});

test('the login of the GraphiQL page executes no operation, because browsers send it from every page', async () => {
  const app = createTestApp({ authenticator, graphiql, graphiqlFor: 'schema-readers' });
  const request = graphqlRequest({ query: '{ __typename }' }, basic('one', 'secret'));
  expect((await app.fetch(request)).status).toBe(401);
});

test('outside production the GraphiQL page requires no credential', async () => {
  expect((await createTestApp({ authenticator, graphiql }).fetch(page())).status).toBe(200);
});
