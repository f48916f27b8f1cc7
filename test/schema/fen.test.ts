import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { CREATE } from '../fixtures/graphql/documents.ts';
import { newOutOrderNo, orderInput } from '../fixtures/graphql/inputs.ts';
import { at } from '../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
beforeEach(() => fixture.reset());
afterAll(() => fixture.close());

/** Runs a create whose riskAmount is a literal in the document. */
function withLiteral(riskAmount: string): Promise<unknown> {
  return fixture.run(`mutation {
    createPayAfterOrder(input: {
      outOrderNo: "${newOutOrderNo()}", serviceStartTime: "OnAccept"
      serviceStartLocation: "深圳湾体育中心", serviceIntroduction: "共享单车骑行"
      riskAmount: ${riskAmount}
    }) {
      __typename
      ... on InvalidInputError { issues { path code } }
      ... on CreatePayAfterOrderPayload { order { riskAmount } }
    }
  }`);
}

/** The same with the amount in the JSON of the variables, again as it is written. */
async function withVariable(riskAmount: string): Promise<unknown> {
  const input = JSON.stringify(orderInput({ riskAmount: '@' })).replace('"@"', riskAmount);
  const body = `{"query":${JSON.stringify(CREATE)},"variables":{"input":${input}}}`;
  const headers = { 'content-type': 'application/json' };
  const request = new Request('http://app/graphql', { method: 'POST', headers, body });
  return await (await fixture.app.fetch(request)).json();
}

const ways: readonly (readonly [string, (amount: string) => Promise<unknown>])[] = [
  ['a literal', withLiteral],
  ['a variable', withVariable],
];

describe.each(ways)('an amount as %s', (_, send) => {
  test.each(['-1', '1.5', '9007199254740992', '1e999', '-0.5', '1e-1'])(
    'an amount of %s is out of range, and reported with all other issues',
    async (amount) => {
      expect(at(await send(amount), 'data', 'createPayAfterOrder')).toMatchObject({
        __typename: 'InvalidInputError',
        issues: [{ path: ['riskAmount'], code: 'OUT_OF_RANGE' }],
      });
      expect(fixture.calls()).toEqual([]);
    },
  );

  test.each(['"56789"', 'true', 'null', '{}', '["x"]'])(
    'an amount of %s has the wrong type, and the error does not show the value',
    async (amount) => {
      const answer = await send(amount);
      expect(at(answer, 'data')).toBeUndefined();
      expect(at(answer, 'errors')).toMatchObject([
        {
          extensions: {
            code: expect.stringMatching(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/),
          },
        },
      ]);
      expect(JSON.stringify(answer)).not.toContain('56789');
      expect(fixture.calls()).toEqual([]);
    },
  );

  test('an amount of any whole number of fen up to 2^53 - 1 is accepted unchanged', async () => {
    for (const amount of ['1', '100', '9007199254740991']) {
      expect(at(await send(amount), 'data', 'createPayAfterOrder', '__typename')).toBe(
        'CreatePayAfterOrderPayload',
      );
    }
  });
});

test.each(['1e3', '1.0', '1E2'])('the literal %s is not a whole number', async (amount) => {
  expect(at(await withLiteral(amount), 'data', 'createPayAfterOrder')).toMatchObject({
    issues: [{ path: ['riskAmount'], code: 'OUT_OF_RANGE' }],
  });
});

test('a variable of a wrong type is BAD_USER_INPUT, with its name and what is expected', async () => {
  expect(await withVariable('"56789"')).toEqual({
    errors: [
      {
        message: '$input.riskAmount: Invalid Fen: use a whole number of fen.',
        locations: expect.any(Array),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  });
});

test('the largest amount is returned exactly', async () => {
  const answer = await withLiteral('9007199254740991');
  expect(at(answer, 'data', 'createPayAfterOrder', 'order', 'riskAmount')).toBe(9007199254740991);
});
