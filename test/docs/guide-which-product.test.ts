import { getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readPayAfterState } from '../../src/domain/pay-after-state-machine.ts';
import { readServiceOrderState } from '../../src/domain/service-order-state-machine.ts';
import { schema } from '../../src/schema/index.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { tablesOf } from '../fixtures/docs/tables.ts';

const PAGE = 'docs/guides/which-product.md';

/** The table whose first row begins with this code. */
function rowsFrom(first: string) {
  const found = tablesOf(PAGE).find(({ rows }) => codeIn(rows[0]?.[0] ?? '')[0] === first);
  return found?.rows ?? [];
}

/** Names of one product in a column that its type does not have. */
function unknownNames(first: string, column: number, typeName: string): readonly string[] {
  const names = rowsFrom(first).flatMap((row) => codeIn(row[column] ?? ''));
  expect(names).not.toEqual([]);
  return names.filter((name) => !hasField(typeName, name.split('.')));
}

function hasField(typeName: string, [name = '', ...rest]: readonly string[]): boolean {
  const type = schema.getType(typeName);
  const fields = isInputObjectType(type) || isObjectType(type) ? type.getFields() : {};
  const field = fields[name];
  return (
    field !== undefined && (rest.length === 0 || hasField(getNamedType(field.type).name, rest))
  );
}

describe('the guide to the products:', () => {
  test('its operations exist', () => {
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );
    const named = rowsFrom('createPayAfterOrder').flatMap(([pay = '', service = '']) => [
      ...codeIn(pay),
      ...codeIn(service),
    ]);
    expect(named.filter((name) => !fields.includes(name))).toEqual([]);
  });

  test('it maps the states as the server does', () => {
    const rows = rowsFrom('CREATED').map((row) => row.map((cell) => codeIn(cell)));
    expect(rows).toHaveLength(6);
    for (const [[payAfter = ''] = [], [state = '', description] = [], [status] = []] of rows) {
      const words = { state, stateDescription: description ?? null, collectionState: null };
      expect([payAfter, readPayAfterState(payAfter).status]).toEqual([payAfter, status]);
      expect([state, readServiceOrderState(words).status]).toEqual([state, status]);
    }
  });

  test.each([
    ['outOrderNo', 'CreatePayAfterOrderInput', 'CreateServiceOrderInput'],
    ['finishType', 'CompletePayAfterOrderInput', 'CompleteServiceOrderInput'],
    ['paySuccTime', 'PayAfterOrder', 'ServiceOrder'],
  ])('the fields of its table from %s exist in %s and %s', (first, payAfter, service) => {
    expect(unknownNames(first, 0, payAfter)).toEqual([]);
    expect(unknownNames(first, 1, service)).toEqual([]);
  });

  test('no field of an input of a create or a completion is missing in its tables', () => {
    for (const [first, typeName] of [
      ['outOrderNo', 'CreatePayAfterOrderInput'],
      ['finishType', 'CompletePayAfterOrderInput'],
    ] as const) {
      const type = schema.getType(typeName);
      const named = rowsFrom(first).flatMap(([cell = '']) =>
        codeIn(cell).map((name) => name.split('.')[0]),
      );
      const fields = Object.keys(isInputObjectType(type) ? type.getFields() : {});
      const everywhere = ['appid', 'serviceId', 'outOrderNo'];
      const rest = fields.filter((name) => !named.includes(name) && !everywhere.includes(name));
      expect([typeName, rest]).toEqual([typeName, []]);
    }
  });
});
