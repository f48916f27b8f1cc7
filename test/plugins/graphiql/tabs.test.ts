import { getVariableValues, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { documentProblems } from '../../../src/plugins/documents/use-document-limits.ts';
import { graphiqlTabs } from '../../../src/plugins/graphiql/tabs.ts';
import { schema } from '../../../src/schema/index.ts';
import { parsed } from '../../fixtures/json.ts';

const pages = { 'the sandbox': 'http://127.0.0.1:4010', 'a real merchant': undefined };

test.each(Object.entries(pages))(
  'the schema and its limits accept every tab of GraphiQL with its variables, for %s',
  (_merchant, sandbox) => {
    for (const { query, variables } of graphiqlTabs(sandbox)) {
      expect(documentProblems(schema, query)).toEqual([]);
      const values: { readonly [name: string]: unknown } = { ...Object(parsed(variables)) };
      const operations = parse(query).definitions.filter(
        (definition) => definition.kind === Kind.OPERATION_DEFINITION,
      );
      expect(operations).toHaveLength(1);
      for (const { variableDefinitions = [] } of operations) {
        const { errors = [] } = getVariableValues(schema, variableDefinitions, values);
        expect(errors).toEqual([]);
      }
    }
  },
);

test('only the tabs for the sandbox name it', () => {
  const texts = (sandbox: string | undefined) =>
    graphiqlTabs(sandbox)
      .map(({ query }) => query)
      .join('\n');
  expect(texts('http://127.0.0.1:4999')).toContain('http://127.0.0.1:4999/');
  expect(texts(undefined)).not.toMatch(/sandbox|沙箱|127\.0\.0\.1|手机/i);
});

test('comments of the tabs fit a small window, and are in Chinese and English', () => {
  for (const sandbox of Object.values(pages)) {
    for (const { query } of graphiqlTabs(sandbox)) {
      const comments = query.split('\n').filter((line) => line.startsWith('#'));
      expect(comments.join('')).toMatch(/\p{Script=Han}.*[a-z]{4}/u);
      expect(comments.filter((line) => widthOf(line) > 50)).toEqual([]);
    }
  }
});

/** In columns of a fixed-width font, where a Chinese character takes two. */
function widthOf(line: string): number {
  return [...line].reduce((sum, char) => sum + (char > '\u2e80' ? 2 : 1), 0);
}
