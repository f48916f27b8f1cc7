import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { OPENID, PLACE, personal } from '../fixtures/app/operation-lines.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { rowsOf } from '../fixtures/docs/tables.ts';
import { CREATE } from '../fixtures/graphql/documents.ts';
import { newOutOrderNo, PERSONAL } from '../fixtures/graphql/inputs.ts';
import { at } from '../fixtures/json.ts';
import { FAILURES } from './failures.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({
    timeoutMs: 2_400,
    resources: { inputRules: 'confirmed' },
  });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const documented = rowsOf('docs/reference/logs.md', 'Why an order failed');

describe('from only the log and an order number', () => {
  test('every failure of the reference is caused here, and there are at least 25', () => {
    expect(documented.map(([failure]) => failure)).toEqual(Object.keys(FAILURES));
    expect(documented.length).toBeGreaterThanOrEqual(25);
  });

  test.each(documented)(
    'one line says why an order failed: %s',
    async (failure = '', words = '') => {
      const outOrderNo = newOutOrderNo();
      const { text } = (await FAILURES[failure]?.(fixture, outOrderNo)) ?? { text: '' };
      const lines = text.split('\n').filter((line) => line.includes(outOrderNo));
      expect(lines).toHaveLength(1);
      for (const word of codeIn(words)) {
        expect(lines[0]).toContain(word);
      }
      for (const value of [...Object.values(PERSONAL), OPENID, PLACE]) {
        expect(text).not.toContain(value);
      }
    },
  );
});

test('an order number that is not allowed is not logged', async () => {
  await fixture.run(CREATE, { input: personal('张三 13800138000') });
  expect(fixture.log.entries()).toHaveLength(1);
  expect(fixture.log.text()).not.toMatch(/张三|13800138000|outOrderNo":/);
});

test('a write whose client has left is logged when it ends', async () => {
  await fixture.injectUntilCleared({ on: 'any', fault: 'latency', ms: 5_000 });
  const outOrderNo = newOutOrderNo();
  const client = new AbortController();
  const body = { query: CREATE, variables: { input: personal(outOrderNo) } };
  const answer = fixture.app.fetch(graphqlRequest(body, {}, client.signal));
  setTimeout(() => client.abort(), 50);
  await Promise.resolve(answer).catch(() => {});
  const lines = () =>
    fixture.log.entries().filter((entry) => at(entry, 'outOrderNo') === outOrderNo);
  await expect
    .poll(lines, { timeout: 5_000 })
    .toMatchObject([{ msg: 'operation failed', outcome: 'OUTCOME_UNKNOWN', reason: 'TIMEOUT' }]);
});
