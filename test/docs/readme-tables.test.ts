import { describe, expect, test } from 'vitest';
import { notificationControls } from '../../src/sandbox/controls/notifications.ts';
import { orderControls } from '../../src/sandbox/controls/orders.ts';
import { identityControls, stateControls } from '../../src/sandbox/controls/state.ts';
import { trafficControls } from '../../src/sandbox/controls/traffic.ts';
import { FAULTS, NOTICE_FAULTS } from '../../src/sandbox/faults/fault.ts';
import { DEFAULT_RULES } from '../../src/sandbox/rules.ts';
import { schema } from '../../src/schema/index.ts';
import { codeIn, english, firstColumn, read, tableOf } from '../fixtures/docs/documents.ts';

describe('the tables of README.md', () => {
  test('name every mutation', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(firstColumn('Mutation').toSorted()).toEqual(mutations.toSorted());
  });

  test('name every result of a mutation, with its code', () => {
    const members = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getTypes' in type ? type.getTypes().map(({ name }) => name) : [],
    );
    expect(firstColumn('Result of a mutation').toSorted()).toEqual(
      [...new Set(members)].toSorted(),
    );
    const codes = schema.getType('ErrorCode');
    const known = codes && 'getValues' in codes ? codes.getValues().map(({ name }) => name) : [];
    const shown = tableOf('Result of a mutation').flatMap(([, code = '']) => codeIn(code));
    expect(shown.toSorted()).toEqual(known.toSorted());
  });

  test('name every control of the sandbox', () => {
    const controls = [
      ...identityControls,
      ...orderControls,
      ...notificationControls,
      ...stateControls,
      ...trafficControls,
    ].map(({ method, path }) => `${method} ${path}`);
    expect(firstColumn('Control').toSorted()).toEqual(controls.toSorted());
  });

  test('name every fault', () => {
    expect(firstColumn('`fault` of a call').toSorted()).toEqual(Object.keys(FAULTS).toSorted());
    expect(firstColumn('`fault` of a notification').toSorted()).toEqual(NOTICE_FAULTS.toSorted());
  });

  test('name every switch, with its default', () => {
    const shown = tableOf('Switch').map(([name = '', value = '']) => [
      ...codeIn(name),
      ...codeIn(value),
    ]);
    const defaults = Object.entries(DEFAULT_RULES).map(([name, value]) => [name, String(value)]);
    expect(shown.toSorted()).toEqual(defaults.toSorted());
  });

  test('name every script', () => {
    const { scripts }: { scripts: object } = JSON.parse(read('package.json'));
    expect(firstColumn('`npm run …`').toSorted()).toEqual(Object.keys(scripts).toSorted());
  });
});

test('npm is asked for nothing but its own words and our scripts', () => {
  const asked = [...english.matchAll(/\bnpm (run )?(ci|start|test|[\w:]+)/g)].map(
    ([, , name]) => name,
  );
  const known = [...firstColumn('`npm run …`'), 'ci', 'scripts', 'run'];
  expect(asked.filter((name) => name !== undefined && !known.includes(name))).toEqual([]);
});
