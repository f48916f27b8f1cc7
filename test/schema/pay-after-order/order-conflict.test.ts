import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ timeoutMs: 6_000 });
});
beforeEach(() => fixture.reset());
afterAll(() => fixture.close());

/** Somebody else makes an order under a number, past this server. */
async function madeElsewhere(changes = {}) {
  const input = orderInput({ serviceStartTime: '2099-01-02' });
  const { status } = await fixture.merchant.create({
    out_order_no: input['outOrderNo'],
    service_start_time: '20990102',
    service_start_location: input['serviceStartLocation'],
    service_introduction: input['serviceIntroduction'],
    risk_amount: input['riskAmount'],
    ...changes,
  });
  expect(status).toBe(200);
  await fixture.reset();
  return input;
}

const conflict = (outOrderNo: unknown) => ({
  __typename: 'OrderConflictError',
  code: 'ORDER_CONFLICT',
  message: expect.any(String),
  outOrderNo,
});

describe('a number that was used for a different order', () => {
  const other = [
    ['amount', { risk_amount: 9_999 }],
    ['place', { service_start_location: '广州塔' }],
    ['introduction', { service_introduction: '充电宝租借' }],
    ['start', { service_start_time: '20990101' }],
    ['fees', { fees: [{ fee_name: '骑行费', fee_amount: 1 }] }],
  ] as const;

  test.each(other)(
    'a number that was used for an order with another %s is a conflict',
    async (_, changes) => {
      const input = await madeElsewhere(changes);
      expect(await fixture.create(input)).toEqual(conflict(input['outOrderNo']));
      expect(fixture.calls().map(({ kind }) => kind)).toEqual(['create']);
    },
  );

  test.each(other)(
    'a number that was used for an order with another %s is a conflict also after an ambiguous attempt',
    async (_, changes) => {
      const input = await madeElsewhere(changes);
      await fixture.inject({ on: 'create', fault: 'reset-before' });
      expect(await fixture.create(input)).toEqual(conflict(input['outOrderNo']));
      expect(fixture.calls().map(({ kind }) => kind)).toEqual(['create', 'create', 'query']);
    },
  );
});

describe('after an ambiguous attempt, a refusal', () => {
  const refused = { on: 'create', fault: 'status', status: 400, skip: 1, takesEffect: false };

  test('after an ambiguous attempt, a refusal for an existing order is a success without launch fields', async () => {
    await fixture.inject({ on: 'create', fault: 'reset-after' });
    await fixture.inject(refused);
    const input = orderInput();
    expect(await fixture.create(input)).toMatchObject({
      __typename: 'CreatePayAfterOrderPayload',
      outOrderNo: input['outOrderNo'],
      orderId: null,
      package: null,
    });
    expect(fixture.calls().map(({ kind }) => kind)).toEqual(['create', 'create', 'query']);
  });

  test('after an ambiguous attempt, a refusal for a missing order is that refusal', async () => {
    await fixture.inject({ on: 'create', fault: 'reset-before' });
    await fixture.inject(refused);
    const input = orderInput();
    expect(await fixture.create(input)).toMatchObject({
      __typename: 'WechatRefusedError',
      wechatCode: 'PARAM_ERROR',
    });
    expect(await fixture.stored(input['outOrderNo'])).toBeUndefined();
  });

  test('after an ambiguous attempt, a refusal is an unknown outcome if the query fails too', async () => {
    await fixture.inject({ on: 'create', fault: 'reset-before' });
    await fixture.inject(refused);
    await fixture.inject({ on: 'query', fault: 'unsigned', times: null });
    expect(await fixture.create(orderInput())).toMatchObject({
      __typename: 'OutcomeUnknownError',
      reason: 'CONNECTION',
    });
  });
});
