import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { statusFault } from '../../fixtures/graphql/faults.ts';
import { orderInput, PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ timeoutMs: 6_000 });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

/** The bodies that went to WeChat Pay, each once. */
const bodies = () => new Set(fixture.calls('create').map(({ bodySha256 }) => bodySha256));

describe('a create that is repeated with the same input', () => {
  test('a repeated create returns the same order, with the same bytes', async () => {
    const input = orderInput();
    const first = await fixture.create(input);
    expect(await fixture.create(input)).toEqual(first);
    expect(fixture.calls('create')).toHaveLength(2);
    expect(bodies().size).toBe(1);
  });

  test('a repeated create does not encrypt personal data again, because WeChat Pay might treat it as different input', async () => {
    const input = orderInput(PERSONAL);
    const first = await fixture.create(input);
    expect(await fixture.create(input)).toEqual(first);
    expect(fixture.calls('create')).toHaveLength(2);
    expect(bodies().size).toBe(1);
  });

  test('a repeated create may write defaults out and give times in another zone', async () => {
    const { WECHAT_APPID: appid, WECHAT_SERVICE_ID: serviceId } = fixture.sandbox.credentials;
    const input = orderInput({ serviceStartTime: '2099-07-05T17:35:49+08:00' });
    const first = await fixture.create(input);
    const inOtherWords = { appid, serviceId, serviceStartTime: '2099-07-05T09:35:49Z' };
    expect(await fixture.create({ ...input, ...inOtherWords })).toEqual(first);
    expect(bodies().size).toBe(1);
  });

  test('a repeated create sends the same bytes after an unknown outcome', async () => {
    const input = orderInput(PERSONAL);
    await fixture.inject({ on: 'any', times: null, fault: 'reset-after' });
    expect(await fixture.create(input)).toMatchObject({ __typename: 'OutcomeUnknownError' });
    await fixture.merchant.control('DELETE', '/sandbox/faults');
    expect(await fixture.create(input)).toMatchObject({
      outOrderNo: input['outOrderNo'],
      package: expect.any(String),
    });
    expect(fixture.calls('create').length).toBeGreaterThan(1);
    expect(bodies().size).toBe(1);
  });

  test('concurrent equal creates make one order', async () => {
    const input = orderInput(PERSONAL);
    const answers = await Promise.all([1, 2, 3, 4].map(() => fixture.create(input)));
    expect(new Set(answers.map((answer) => at(answer, 'orderId'))).size).toBe(1);
    expect(bodies().size).toBe(1);
  });
});

describe('a create under a number that was used with another input', () => {
  const CHANGES: readonly (readonly [string, JsonObject])[] = [
    ['riskAmount', { riskAmount: 9_999 }],
    ['place', { serviceStartLocation: '广州塔' }],
    ['fee', { fees: [{ feeName: '骑行费', feeAmount: 1 }] }],
    ['name', { name: '李四' }],
    ['attach', { attach: 'a%3D2' }],
  ];
  const conflict = (outOrderNo: unknown) => ({
    __typename: 'OrderConflictError',
    code: 'ORDER_CONFLICT',
    outOrderNo,
    message: expect.not.stringContaining(String(outOrderNo)),
  });

  test.each(CHANGES)(
    'a create under a used number with another %s is a conflict, without a call',
    async (_, change) => {
      const input = orderInput({ ...PERSONAL, attach: 'a%3D1' });
      await fixture.create(input);
      await fixture.reset();
      expect(await fixture.create({ ...input, ...change })).toEqual(conflict(input['outOrderNo']));
      expect(fixture.calls()).toEqual([]);
    },
  );

  test('a create under a used number is a conflict also while the outcome of the first is unknown', async () => {
    const input = orderInput();
    await fixture.inject({ on: 'any', times: null, fault: 'reset-before' });
    expect(await fixture.create(input)).toMatchObject({ __typename: 'OutcomeUnknownError' });
    await fixture.reset();
    expect(await fixture.create({ ...input, riskAmount: 1 })).toEqual(
      conflict(input['outOrderNo']),
    );
    expect(fixture.calls()).toEqual([]);
  });

  test('of two concurrent creates under one number with different input one is made', async () => {
    const input = orderInput();
    const inputs = [input, { ...input, riskAmount: 1 }];
    const answers = await Promise.all(inputs.map((each) => fixture.create(each)));
    expect(answers.map((answer) => at(answer, '__typename')).toSorted()).toEqual([
      'CreatePayAfterOrderPayload',
      'OrderConflictError',
    ]);
    expect(fixture.calls('create')).toHaveLength(1);
  });

  test('a create with corrected input may use the number of one that WeChat Pay refused', async () => {
    const input = orderInput();
    await fixture.inject({ on: 'create', ...statusFault(400) });
    expect(await fixture.create(input)).toMatchObject({ __typename: 'WechatRefusedError' });
    expect(await fixture.create({ ...input, riskAmount: 1 })).toMatchObject({
      __typename: 'CreatePayAfterOrderPayload',
      outOrderNo: input['outOrderNo'],
    });
  });

  test('a create with corrected input may use the number of one that the input rules refused', async () => {
    const input = orderInput();
    const refused = await fixture.create({ ...input, riskAmount: 0 });
    expect(refused).toMatchObject({ __typename: 'InvalidInputError' });
    expect(await fixture.create(input)).toMatchObject({ outOrderNo: input['outOrderNo'] });
  });
});
