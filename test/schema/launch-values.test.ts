import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { create } from '../fixtures/app/order-operations.ts';
import { at } from '../fixtures/json.ts';

let fixture: AppWithSandbox;
let confirmedOnly: AppWithSandbox;
beforeAll(async () => {
  [fixture, confirmedOnly] = await Promise.all([
    createAppWithSandbox(),
    createAppWithSandbox({
      rules: { analogyRules: false },
      resources: { inputRules: 'confirmed' },
    }),
  ]);
});
afterAll(() => Promise.all([fixture.close(), confirmedOnly.close()]));

/** What a launch of an authorization under this number is answered with. */
function authorize({ run }: AppWithSandbox, outRequestNo: string): Promise<unknown> {
  return run(
    `query ($no: String!) { userServiceState(openid: "o1") { useServiceState
      launch(outRequestNo: $no) { extraData } } }`,
    { no: outRequestNo },
  );
}

/** The field is null, with an error that names what is wrong and does not quote the number. */
function refusal(outRequestNo: string, code: string) {
  return {
    data: { userServiceState: { useServiceState: expect.any(String), launch: null } },
    errors: [
      {
        message: expect.not.stringContaining(outRequestNo || 'R1'),
        path: ['userServiceState', 'launch'],
        extensions: {
          code: 'BAD_USER_INPUT',
          issues: [{ path: ['outRequestNo'], code, message: expect.any(String) }],
        },
      },
    ],
  };
}

test.each([
  ['', 'REQUIRED'],
  ['R1&service_id=500002', 'BAD_CHARACTER'],
  ['R1&', 'BAD_CHARACTER'],
  ['R1=', 'BAD_CHARACTER'],
  ['R1\n', 'BAD_CHARACTER'],
  ['R1\u0085', 'BAD_CHARACTER'],
])('the outRequestNo %j is never signed', async (outRequestNo, code) => {
  for (const one of [fixture, confirmedOnly]) {
    expect(await authorize(one, outRequestNo)).toMatchObject(refusal(outRequestNo, code));
  }
});

test.each([
  ['x'.repeat(65), 'TOO_LONG'],
  ['R 1', 'BAD_CHARACTER'],
  ['R.1', 'BAD_CHARACTER'],
  ['号1', 'BAD_CHARACTER'],
])(
  'the outRequestNo %j is refused by analogy, unless INPUT_RULES=confirmed',
  async (outRequestNo, code) => {
    expect(await authorize(fixture, outRequestNo)).toMatchObject(refusal(outRequestNo, code));
    const signed = await authorize(confirmedOnly, outRequestNo);
    expect(at(signed, 'data', 'userServiceState', 'launch', 'extraData')).toMatchObject({
      out_request_no: outRequestNo,
    });
  },
);

test.each(['A&key=1', 'A=1', 'x'.repeat(513)])(
  'an order whose number cannot be signed has an error only for its field launch: %#',
  async (outOrderNo) => {
    const order = await create(
      confirmedOnly,
      { outOrderNo },
      'order { state launch { extraData } }',
    );
    expect(order).toMatchObject({ outOrderNo, order: { state: 'CREATED', launch: null } });
    const answer = await confirmedOnly.run(
      'query ($by: PayAfterOrderKey!) { payAfterOrder(by: $by) { state launch { extraData } } }',
      { by: { outOrderNo } },
    );
    expect(answer).toMatchObject({
      data: { payAfterOrder: { state: 'CREATED', launch: null } },
      errors: [
        {
          message: expect.stringMatching(/^out_order_no cannot be signed: (?!.*(A&|A=|xxx))/),
          path: ['payAfterOrder', 'launch'],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  },
);
