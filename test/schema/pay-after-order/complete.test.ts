import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { acceptedOrder, change, completeInput } from '../../fixtures/app/order-operations.ts';
import { at, textAt } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(async () => {
  await fixture.clearFaults();
  fixture.resetCalls();
});
afterAll(() => fixture.close());

const shown = async (outOrderNo: string) =>
  at(
    await fixture.run(
      `query ($by: PayAfterOrderKey!) { payAfterOrder(by: $by) {
        state finishType finishTicket totalAmount realServiceEndLocation
        fees { feeName feeCount feeAmount } discounts { discountName discountAmount } } }`,
      { by: { outOrderNo } },
    ),
    'data',
    'payAfterOrder',
  );

test('a complete returns the ids of the order, and the order is FINISHED', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const ticket = textAt(await shown(outOrderNo), 'finishTicket');
  const input = completeInput(outOrderNo, {
    finishTicket: ticket,
    totalAmount: 1000,
    discounts: [{ discountName: '满减', discountAmount: 200, discountDesc: '满10减2' }],
    realServiceEndLocation: '上海虹桥站',
    profitSharing: false,
  });
  expect(await change(fixture, 'complete', input)).toEqual({
    __typename: 'CompletePayAfterOrderPayload',
    appid: 'wxd678efh567hg6787',
    mchid: '1230000109',
    outOrderNo,
    serviceId: '500001',
    orderId: expect.stringMatching(/^\d+$/),
  });
  expect(await shown(outOrderNo)).toEqual({
    state: 'FINISHED',
    finishType: 'FINISHED',
    finishTicket: null,
    totalAmount: 1000,
    realServiceEndLocation: '上海虹桥站',
    fees: [{ feeName: '租金', feeCount: 1, feeAmount: 1200 }],
    discounts: [{ discountName: '满减', discountAmount: 200 }],
  });
});

test('an omitted finishTicket is fetched by a query', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  fixture.resetCalls();
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toMatchObject({
    outOrderNo,
  });
  expect(fixture.calls().map(({ kind }) => kind)).toEqual(['query', 'complete', 'query']);
});

test('a fee of the create may be completed with its description and count', async () => {
  const fees = [{ feeName: '租金', feeCount: 1, feeDesc: '2 小时' }];
  const outOrderNo = await acceptedOrder(fixture, { fees });
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toMatchObject({
    outOrderNo,
  });
});

test('an unused service is completed with 0 and a reason', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const input = { outOrderNo, finishType: 'UNUSED', totalAmount: 0, cancelReason: '用户未使用' };
  expect(await change(fixture, 'complete', input)).toMatchObject({ outOrderNo });
  expect(await shown(outOrderNo)).toMatchObject({ finishType: 'UNUSED', totalAmount: 0 });
});

test('a repeated complete succeeds with the same bytes', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const first = await change(fixture, 'complete', completeInput(outOrderNo));
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toEqual(first);
  expect(fixture.calls('complete')).toHaveLength(2);
  expect(new Set(fixture.calls('complete').map(({ bodySha256 }) => bodySha256)).size).toBe(1);
});

test('a complete with other input is a conflict, and nothing is sent', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  await change(fixture, 'complete', completeInput(outOrderNo));
  fixture.resetCalls();
  const other = completeInput(outOrderNo, { fees: [{ feeName: '租金', feeAmount: 1200 }] });
  expect(await change(fixture, 'complete', other)).toEqual({
    __typename: 'OrderConflictError',
    code: 'ORDER_CONFLICT',
    outOrderNo,
  });
  expect(fixture.calls()).toEqual([]);
});

test('two equal concurrent completes both succeed', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const both = await Promise.all(
    [1, 2].map(() => change(fixture, 'complete', completeInput(outOrderNo))),
  );
  expect(both.map((one) => at(one, '__typename'))).toEqual([
    'CompletePayAfterOrderPayload',
    'CompletePayAfterOrderPayload',
  ]);
});

test('a refused complete may be corrected', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const tooMuch = completeInput(outOrderNo, {
    totalAmount: 10_000,
    fees: [{ feeName: '租金', feeAmount: 10_000 }],
  });
  expect(await change(fixture, 'complete', tooMuch)).toMatchObject({
    __typename: 'WechatRefusedError',
    code: 'WECHAT_REFUSED',
    wechatCode: 'PARAM_ERROR',
    status: 400,
    requestId: expect.any(String),
  });
  expect(await change(fixture, 'complete', completeInput(outOrderNo))).toMatchObject({
    outOrderNo,
  });
});

test('the order is queried only if it is selected', async () => {
  const [one, other] = [await acceptedOrder(fixture), await acceptedOrder(fixture)];
  const finishTicket = textAt(await shown(one), 'finishTicket');
  fixture.resetCalls();
  await change(fixture, 'complete', completeInput(one, { finishTicket }));
  const withoutOrder = fixture.calls('query').length;
  const answer = await change(fixture, 'complete', completeInput(other), 'order { state }');
  expect(answer).toMatchObject({ order: { state: 'FINISHED' } });
  expect(fixture.calls('query')).toHaveLength(2 * withoutOrder + 1);
});

test('if the query after the complete fails, only the field order is null, with an error', async () => {
  const outOrderNo = await acceptedOrder(fixture);
  const finishTicket = textAt(await shown(outOrderNo), 'finishTicket');
  await fixture.injectUntilCleared({
    on: 'query',
    fault: 'status',
    status: 403,
    code: 'NO_AUTH',
    skip: 2,
  });
  const input = completeInput(outOrderNo, { finishTicket });
  expect(
    await fixture.run(
      `mutation ($input: CompletePayAfterOrderInput!) { completePayAfterOrder(input: $input) {
        ... on CompletePayAfterOrderPayload { outOrderNo order { state } } } }`,
      { input },
    ),
  ).toMatchObject({
    data: { completePayAfterOrder: { outOrderNo, order: null } },
    errors: [{ path: ['completePayAfterOrder', 'order'], extensions: { code: 'WECHAT_REFUSED' } }],
  });
});
