import { isInputObjectType } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { schema } from '../../../src/schema/index.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { RULES, type Rule } from '../../fixtures/graphql/input-rules.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { listAt } from '../../fixtures/json.ts';

const fixtures: AppWithSandbox[] = [];
let all: AppWithSandbox;
let confirmed: AppWithSandbox;
beforeAll(async () => {
  all = await createAppWithSandbox();
  confirmed = await createAppWithSandbox({
    rules: { analogyRules: false },
    resources: { inputRules: 'confirmed' },
  });
  fixtures.push(all, confirmed);
});
beforeEach(async () => {
  await Promise.all(fixtures.map((fixture) => fixture.reset()));
});
afterAll(async () => {
  await Promise.all(fixtures.map((fixture) => fixture.close()));
});

const titled = (rules: readonly Rule[]) =>
  rules.map((rule) => [`${rule.path.join('.')} ${rule.code}`, rule] as const);
const invalid = ({ path, code }: Rule) => ({
  __typename: 'InvalidInputError',
  issues: [{ path, code, message: expect.stringMatching(/\.$/) }],
});

describe('every rule', () => {
  test.each(titled(RULES))('the rule %s accepts a value at its limit', async (_, { passes }) => {
    expect(await all.create(orderInput(passes))).not.toMatchObject({
      __typename: 'InvalidInputError',
    });
    expect(all.calls('create')).toHaveLength(1);
  });

  test.each(titled(RULES))(
    'the rule %s refuses a value beyond its limit, without a call',
    async (_, rule) => {
      expect(await all.create(orderInput(rule.breaks))).toMatchObject(invalid(rule));
      expect(all.calls()).toEqual([]);
    },
  );
});

describe('INPUT_RULES=confirmed', () => {
  const of = (source: Rule['source']) => titled(RULES.filter((rule) => rule.source === source));

  test.each(of('analogy'))(
    'INPUT_RULES=confirmed leaves the rule %s to WeChat Pay',
    async (_, { breaks }) => {
      expect(await confirmed.create(orderInput(breaks))).not.toMatchObject({
        __typename: 'InvalidInputError',
      });
      expect(confirmed.calls('create')).toHaveLength(1);
    },
  );

  test.each(of('confirmed'))('INPUT_RULES=confirmed still applies the rule %s', async (_, rule) => {
    expect(await confirmed.create(orderInput(rule.breaks))).toMatchObject(invalid(rule));
    expect(confirmed.calls()).toEqual([]);
  });
});

test.each(titled(RULES.filter(({ source }) => source === 'analogy')))(
  'the description of a field names the rule %s after "By analogy"',
  (_, { path, described }) => {
    const [owner = ''] = path;
    const types: Record<string, string> = {
      fees: 'CreatePayAfterOrderFeeInput',
      discounts: 'CreatePayAfterOrderDiscountInput',
    };
    const nested = path.length > 1 ? types[owner] : undefined;
    const type = schema.getType(nested ?? 'CreatePayAfterOrderInput');
    const field = described ?? path.at(-1) ?? '';
    const description = isInputObjectType(type) ? type.getFields()[field]?.description : undefined;
    expect(description).toMatch(/[Bb]y analogy/);
  },
);

test('an input has at most fifty issues, and the entries of a list that is too long have none', async () => {
  const fees = (count: number) =>
    orderInput({ fees: Array.from({ length: count }, () => ({ feeName: '' })) });
  expect(listAt(await all.create(fees(100)), 'issues')).toHaveLength(50);
  expect(listAt(await all.create(fees(101)), 'issues')).toEqual([
    expect.objectContaining({ path: ['fees'], code: 'TOO_MANY' }),
  ]);
});

test('every issue of an invalid input is reported together, in the order of the input', async () => {
  const answer = await all.create({
    appid: '',
    serviceId: '😀',
    outOrderNo: '',
    serviceStartTime: 'tomorrow',
    serviceEndTime: 'OnAccept',
    serviceStartLocation: '',
    serviceEndLocation: '字'.repeat(21),
    serviceIntroduction: '😀',
    fees: [
      { feeName: '', feeCount: 0, feeAmount: -1, feeDesc: '字'.repeat(31) },
      { feeName: '字'.repeat(21) },
    ],
    discounts: [{ discountName: '😀' }],
    riskAmount: -5,
    attach: 'x'.repeat(201),
    openid: 'o1',
    name: 'x'.repeat(215),
  });
  expect(answer).toMatchObject({
    __typename: 'InvalidInputError',
    code: 'INVALID_INPUT',
    issues: [
      { path: ['outOrderNo'], code: 'REQUIRED' },
      { path: ['appid'], code: 'REQUIRED' },
      { path: ['serviceId'], code: 'BAD_CHARACTER' },
      { path: ['serviceStartTime'], code: 'BAD_FORMAT' },
      { path: ['serviceEndTime'], code: 'BAD_FORMAT' },
      { path: ['serviceStartLocation'], code: 'REQUIRED' },
      { path: ['serviceEndLocation'], code: 'TOO_LONG' },
      { path: ['serviceIntroduction'], code: 'BAD_CHARACTER' },
      { path: ['attach'], code: 'TOO_LONG' },
      { path: ['fees', '0', 'feeName'], code: 'REQUIRED' },
      { path: ['fees', '0', 'feeCount'], code: 'OUT_OF_RANGE' },
      { path: ['fees', '0', 'feeAmount'], code: 'OUT_OF_RANGE' },
      { path: ['fees', '0', 'feeDesc'], code: 'TOO_LONG' },
      { path: ['fees', '1', 'feeName'], code: 'TOO_LONG' },
      { path: ['fees', '1'], code: 'REQUIRED' },
      { path: ['discounts', '0', 'discountName'], code: 'BAD_CHARACTER' },
      { path: ['discounts', '0', 'discountDesc'], code: 'REQUIRED' },
      { path: ['riskAmount'], code: 'OUT_OF_RANGE' },
      { path: ['openid'], code: 'NOT_ALLOWED' },
      { path: ['name'], code: 'TOO_LONG' },
    ],
  });
  expect(all.calls()).toEqual([]);
});

test.each([
  ['half of a pair', '\uD83D'],
  ['a rare ideograph', '𠮷'],
  ['an emoji', '🚲'],
])('%s does not fit into three bytes of UTF-8', async (_, attach) => {
  expect(await all.create(orderInput({ attach }))).toMatchObject({
    issues: [{ path: ['attach'], code: 'BAD_CHARACTER' }],
  });
});

test('appid and serviceId are missing where neither input nor configuration has them', async () => {
  const bare = await createAppWithSandbox({
    resources: { defaults: { appid: undefined, serviceId: undefined } },
  });
  expect(await bare.create(orderInput())).toMatchObject({
    issues: [
      { path: ['appid'], code: 'REQUIRED' },
      { path: ['serviceId'], code: 'REQUIRED' },
    ],
  });
  expect(bare.calls()).toEqual([]);
  await bare.close();
});
