import { describe, expect, test } from 'vitest';
import { documentProblems } from '../../src/plugins/documents/use-document-limits.ts';
import { schema } from '../../src/schema/index.ts';
import { read, snippets } from '../fixtures/docs/documents.ts';

const tabs = [...read('src/plugins/graphiql/page.ts').matchAll(/^const \w+ = `(#[^`]+)`;$/gm)].map(
  ([, text = '']) => text,
);
const ofReadme = snippets.filter(({ language }) => language === 'graphql').map(({ code }) => code);

describe('the limits of documents leave room for', () => {
  test('every tab of GraphiQL', () => {
    expect(tabs).toHaveLength(6);
    expect(tabs.flatMap((text) => documentProblems(schema, text))).toEqual([]);
  });

  test('every document of README.md', () => {
    expect(ofReadme).not.toEqual([]);
    expect(ofReadme.flatMap((text) => documentProblems(schema, text))).toEqual([]);
  });
});
