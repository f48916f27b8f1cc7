import { expect, test } from 'vitest';
import { createTestApp, graphqlRequest, run } from '../../fixtures/app/test-app.ts';
import { at } from '../../fixtures/json.ts';
import { heapUsed } from '../../fixtures/process/heap.ts';

const DOCUMENTS = 150;
/** Several times what so many parsed documents take in the cache; a request takes 70 KB. */
const MOST_BYTES = 10_000 * DOCUMENTS;

test.each([
  ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', (name: string) => `{ ${name} }`],
  ['too many aliases', 'GRAPHQL_VALIDATION_FAILED', aliased],
  ['a syntax error', 'GRAPHQL_PARSE_FAILED', (name: string) => `{ ${name}`],
])(
  'refused documents, each another one, do not keep the requests they came with: %s',
  async (_, code, document) => {
    const app = createTestApp();
    const send = async (from: number) => {
      for (let index = from; index < from + DOCUMENTS; index += 1) {
        await app.fetch(graphqlRequest({ query: document(`no${index}`) }));
      }
    };
    expect(at(await run(app, document('no')), 'errors', 0, 'extensions', 'code')).toBe(code);
    await send(0);
    const before = heapUsed();
    await send(DOCUMENTS);
    expect(heapUsed() - before).toBeLessThan(MOST_BYTES);
    await app.dispose();
  },
);

function aliased(name: string): string {
  return `{ ${Array.from({ length: 11 }, (_, index) => `${name}x${index}: __typename`).join(' ')} }`;
}

test('the cache of valid documents is bounded in bytes', async () => {
  const app = createTestApp();
  const send = async (from: number, count: number) => {
    for (let index = from; index < from + count; index += 1) {
      const filler = `# ${String(index).padEnd(FILLER, 'x')}`;
      const response = await app.fetch(graphqlRequest({ query: `{ __typename } ${filler}` }));
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    }
  };
  await send(0, 10);
  const before = heapUsed();
  await send(10, 3_000);
  // All of them together are 36 MB.
  expect(heapUsed() - before).toBeLessThan(8 * MEGABYTE);
  await app.dispose();
});

const MEGABYTE = 1024 * 1024;
const FILLER = 12 * 1024;
