import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { QUERY } from '../fixtures/graphql/documents.ts';
import { SILENCE } from '../fixtures/graphql/faults.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { listen } from '../fixtures/http/listen.ts';
import { at } from '../fixtures/json.ts';

test('if a client disconnects before the response, its query is aborted without a server error', async () => {
  const fixture = await createAppWithSandbox({ timeoutMs: 6_000 });
  const { url, close } = await listen(fixture.app);
  const input = orderInput();
  await fixture.create(input);
  await fixture.reset();
  await fixture.inject({ on: 'query', ...SILENCE });
  const variables = { by: { outOrderNo: input['outOrderNo'] } };
  const caller = new AbortController();
  const answer = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY, variables }),
    signal: caller.signal,
  });
  await sleep(300);
  caller.abort();
  await expect(answer).rejects.toThrow();
  await expect.poll(() => fixture.calls('query')).toHaveLength(1);
  await expect.poll(() => fixture.log.text()).toContain('client disconnected');
  expect(fixture.log.entries().map((entry) => at(entry, 'level'))).not.toContain('error');
  await close();
  await fixture.close();
});
