import { expect, test } from 'vitest';
import { documentProblems } from '../../src/plugins/documents/use-document-limits.ts';
import { schema } from '../../src/schema/index.ts';
import { read } from '../fixtures/docs/documents.ts';

const tabs = [...read('src/plugins/graphiql/page.ts').matchAll(/^const \w+ = `(#[^`]+)`;$/gm)].map(
  ([, text = '']) => text,
);

test('the limits of documents leave room for every tab of GraphiQL', () => {
  expect(tabs).toHaveLength(6);
  expect(tabs.flatMap((text) => documentProblems(schema, text))).toEqual([]);
});
