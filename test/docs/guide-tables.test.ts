import { isScalarType, isSpecifiedScalarType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/auth/caller.ts';
import { schema } from '../../src/schema/index.ts';
import { codeIn, pageAt } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../fixtures/docs/tables.ts';
import { knownVariables } from '../fixtures/docs/variables.ts';

describe('tables of the guides and the code agree:', () => {
  test('the concepts name every mutation', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    const named = namesIn(rowsOf('docs/concepts.md', 'Mutation'));
    expect(named.filter((name) => mutations.includes(name)).toSorted()).toEqual(
      mutations.toSorted(),
    );
  });

  test('the concepts name every query and subscription', () => {
    const fields = [schema.getQueryType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );
    const named = namesIn(rowsOf('docs/concepts.md', 'Query or subscription'));
    expect(named.toSorted()).toEqual(fields.toSorted());
  });

  test('the concepts name every state of an order', () => {
    expect(namesIn(rowsOf('docs/concepts.md', 'State')).toSorted()).toEqual(
      valuesOf('PayAfterOrderState'),
    );
  });

  test('the guide to errors names every result of a mutation, with its code', () => {
    const rows = rowsOf('docs/guides/errors-and-retries.md', 'Result of a mutation');
    const members = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getTypes' in type ? type.getTypes().map(({ name }) => name) : [],
    );
    expect(namesIn(rows).toSorted()).toEqual([...new Set(members)].toSorted());
    const shown = rows.flatMap(([, code = '']) => codeIn(code));
    expect([...new Set(shown)].toSorted()).toEqual(valuesOf('ErrorCode'));
  });

  test('the guide to errors names every code that the reference has', () => {
    const guide = namesIn(rowsOf('docs/guides/errors-and-retries.md', '`extensions.code`'));
    const reference = namesIn(rowsOf('docs/reference/graphql-errors.md', 'Code'));
    expect(guide.toSorted()).toEqual(reference.toSorted());
  });

  test.each(['docs/guides/clients.md', 'docs/zh/guides/clients.md'])(
    '%s maps every scalar of the schema that is not one of GraphQL',
    (page) => {
      const [config = ''] = pageAt(page).snippets.flatMap(({ language, code }) =>
        language === 'yaml' ? code : [],
      );
      const mapped = [...config.matchAll(/^ {8}(\w+): /gm)].map(([, name = '']) => name);
      const scalars = Object.values(schema.getTypeMap()).filter(
        (type) => isScalarType(type) && !isSpecifiedScalarType(type),
      );
      expect(mapped.toSorted()).toEqual(scalars.map(({ name }) => name).toSorted());
    },
  );

  test('the guide to authentication names every scope', () => {
    const named = namesIn(rowsOf('docs/guides/authentication.md', 'Scope'));
    expect(named.toSorted()).toEqual(SCOPES.toSorted());
  });

  test.each(['docs/guides/going-live.md', 'docs/guides/authentication.md'])(
    '%s names only variables that the server reads',
    (page) => {
      const named = namesIn(rowsOf(page, 'Setting'));
      expect(named).not.toEqual([]);
      expect(named.filter((name) => !knownVariables().includes(name))).toEqual([]);
    },
  );
});

function valuesOf(name: string): readonly string[] {
  const type = schema.getType(name);
  const values = type !== undefined && 'getValues' in type ? type.getValues() : [];
  return values.map((value) => value.name).toSorted();
}
