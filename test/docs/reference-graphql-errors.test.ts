import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/schema/index.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../fixtures/docs/tables.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const PAGE = 'docs/reference/graphql-errors.md';
/** Replaced before they leave the server, in answers to WeChat Pay, or for a caller that has gone. */
const NOT_FOR_CALLERS = ['OPERATION_RESOLUTION_FAILURE', 'SUCCESS', 'FAIL', 'CLIENT_DISCONNECTED'];
const source = globSync('src/{schema,plugins,http,auth}/**/*.ts', { cwd: root })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

describe('the reference of errors', () => {
  test('the reference of errors names every member of a mutation result with its code', () => {
    const unions = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getTypes' in type ? [type] : [],
    );
    const members = new Set(unions.flatMap((union) => union.getTypes().map(({ name }) => name)));
    const rows = rowsOf(PAGE, 'Result member');
    expect(namesIn(rows).toSorted()).toEqual([...members].toSorted());
    const codes = rows.flatMap(([, code = '']) => codeIn(code));
    expect([...new Set(codes)].toSorted()).toEqual(valuesOf('ErrorCode'));
  });

  test('the reference of errors says which mutations return a member', () => {
    const returned = rowsOf(PAGE, 'Result member').map(([name = '', , by = '']) => [
      codeIn(name)[0],
      (ALL_OF[by] ?? by.split(', ')).toSorted().join(', '),
    ]);
    const known = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getTypes' in type
        ? type.getTypes().map(({ name }) => ({ name, by: operationOf(type.name) }))
        : [],
    );
    for (const [member, by] of returned) {
      const operations = known.filter(({ name }) => name === member).map((one) => one.by);
      expect([...new Set(operations)].toSorted().join(', '), member).toBe(by);
    }
  });

  test('the reference of errors names every reason of an unknown outcome', () => {
    const rows = rowsOf(PAGE, '`reason` of `OutcomeUnknownError`');
    expect(namesIn(rows).toSorted()).toEqual(valuesOf('UnknownOutcomeReason'));
  });

  test('the reference of errors names every code of an input issue', () => {
    const type = readFileSync(join(root, 'src/orders/rules/field-rules.ts'), 'utf8');
    const [union = ''] = /type InputIssueCode =[^;]+;/.exec(type) ?? [];
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    expect(namesIn(rowsOf(PAGE, '`code` of an issue')).toSorted()).toEqual(codes.toSorted());
  });

  test('the reference of errors names every extensions.code that the server writes', () => {
    const written = source.matchAll(
      /\b(?:code: |graphqlError\(error, |refused\([^()]*, |BAD_USER_INPUT = )'([A-Z][A-Z_]+)'/g,
    );
    const inputCodes = namesIn(rowsOf(PAGE, '`code` of an issue'));
    const codes = new Set(
      [...written]
        .map(([, code = '']) => code)
        .filter((code) => !inputCodes.includes(code) && !NOT_FOR_CALLERS.includes(code)),
    );
    expect(namesIn(rowsOf(PAGE, 'Code')).toSorted()).toEqual([...codes].toSorted());
  });

  test('the description of Query lists the same codes as the reference of errors', () => {
    const lines = schema.getQueryType()?.description?.match(/^- .*?:/gm) ?? [];
    const codes = lines.flatMap((line) => line.match(/[A-Z]{2,}(?:_[A-Z]+)*/g) ?? []);
    expect(codes.toSorted()).toEqual(namesIn(rowsOf(PAGE, 'Code')).toSorted());
  });
});

function valuesOf(name: string): readonly string[] {
  const type = schema.getType(name);
  return type && 'getValues' in type
    ? type
        .getValues()
        .map((value) => value.name)
        .toSorted()
    : [];
}

/** `create` of `CreatePayAfterOrderResult`. */
function operationOf(union: string): string {
  return union.replace(/(PayAfterOrder|ServiceOrder|ServicePermission)Result$/, '').toLowerCase();
}

const OF_ORDERS = ['cancel', 'collect', 'complete', 'create', 'modify', 'sync'];
const ALL_OF: Readonly<Record<string, readonly string[]>> = {
  'all of orders': OF_ORDERS,
  all: [...OF_ORDERS, 'apply', 'terminate'],
};
