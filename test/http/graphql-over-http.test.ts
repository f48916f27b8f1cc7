import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp } from '../fixtures/app/test-app.ts';
import { listen } from '../fixtures/http/listen.ts';

let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  server = await listen(createTestApp());
});
afterAll(() => server.close());

/** Of the GraphQL over HTTP specification; what is only possible (a notification) need not be. */
test.each(serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch }))(
  '$name',
  async ({ fn }) => {
    const result = await fn();
    expect(result.status === 'notice' ? 'ok' : result.status, JSON.stringify(result)).toBe('ok');
  },
);
