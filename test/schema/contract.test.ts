import { readFileSync } from 'node:fs';
import {
  buildSchema,
  isInputObjectType,
  lexicographicSortSchema,
  printSchema,
  specifiedDirectives,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/schema/index.ts';
import { CONTRACT } from '../fixtures/graphql/contract.ts';
import { elementsOf, ownTypes, shapeOf } from '../fixtures/graphql/schema-elements.ts';

test('schema.graphql is what the code generates', () => {
  const file = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  expect(file).toBe(`${printSchema(schema)}\n`);
});

describe('the contract', () => {
  const contract = lexicographicSortSchema(buildSchema(CONTRACT));
  const actual = lexicographicSortSchema(schema);

  test.each(ownTypes(contract).map((type) => [type.name, type] as const))(
    'the contract has %s',
    (name, type) => {
      const found = actual.getType(name);
      expect(found && shapeOf(found)).toEqual(shapeOf(type));
    },
  );

  test('the contract has no other type, no other root field and no directive of its own', () => {
    const names = (of: typeof schema) => ownTypes(of).map(({ name }) => name);
    expect(names(actual)).toEqual(names(contract));
    expect(
      schema
        .getDirectives()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(specifiedDirectives.map(({ name }) => name).toSorted());
  });

  test('the contract accepts exactly one key of an order', () => {
    const key = schema.getType('PayAfterOrderKey');
    expect(isInputObjectType(key) && key.isOneOf).toBe(true);
  });
});

describe('every description', () => {
  const elements = elementsOf(schema);

  test('every element of the schema has a description', () => {
    expect(elements.length).toBeGreaterThan(250);
    const bare = elements.filter(({ description }) => description.trim() === '');
    expect(bare.map(({ coordinate }) => coordinate)).toEqual([]);
  });

  test('every description says more than the name', () => {
    const restating = elements.filter(({ name, description }) => {
      const known = new Set(['the', 'a', 'an', 'of', ...words(name)]);
      return words(description).every((word) => known.has(word));
    });
    expect(restating.map(({ coordinate }) => coordinate)).toEqual([]);
  });

  test('every description ends like a sentence', () => {
    const open = elements.filter(({ description }) => !/[.?*]$/.test(description));
    expect(open.map(({ coordinate }) => coordinate)).toEqual([]);
  });

  test('every description of an element of WeChat Pay gives its Chinese term', () => {
    const wechats = elements.filter(({ coordinate }) => WECHATS.test(coordinate));
    expect(wechats.length).toBeGreaterThan(140);
    const bare = wechats.filter(({ description }) => !/\p{Script=Han}/u.test(description));
    expect(bare.map(({ coordinate }) => coordinate).filter((at) => !OURS.test(at))).toEqual([]);
  });

  test('every description of an amount gives its unit', () => {
    const amounts = elements.filter(({ type }) => /^Fen!?$/.test(type));
    expect(amounts.length).toBeGreaterThan(5);
    const bare = amounts.filter(({ description }) => !description.includes('in fen'));
    expect(bare.map(({ coordinate }) => coordinate)).toEqual([]);
  });
});

/** Types that hold what WeChat Pay has, with all of their members. */
const WECHATS =
  /^((Create|Complete|Cancel|Sync)PayAfterOrder(Fee|Discount|Detail)?(Input|Payload)|PayAfterOrder(Fee|Discount|Key|State)?|(Create|Complete|Modify|Cancel|Collect|Sync)?ServiceOrder(?!Result)\w*|RiskFundName|Collection\w+|PromotionDetail|Order(Product|Status|Payment)|PaymentChannel|PayAfterFinishType(Input)?|OrderSyncType|Launch|User?ServiceState|Fen|ServiceTime)(\.|$)/;
/** What is this server's own among them. */
const OURS = /^(\w+Payload\.order|\w+\.UNKNOWN|\w+\.id)$/;

/** `outOrderNo`, `OUT_ORDER_NO` and `out order no.` are the same three words; a Han character is a word. */
function words(text: string): readonly string[] {
  const spaced = text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.match(/[a-z]+|\p{Script=Han}/gu) ?? [];
}
