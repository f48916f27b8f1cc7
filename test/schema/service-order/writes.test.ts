import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { createInput, create as createPayAfter } from '../../fixtures/app/order-operations.ts';
import {
  acceptedServiceOrder,
  completedServiceOrder,
  createdServiceOrder,
  lowered,
  type ServiceOrderWriteName,
  serviceOrderEnd,
  serviceOrderInput,
  serviceOrderSync,
  serviceOrderUser,
  writeServiceOrder,
} from '../../fixtures/app/service-order-operations.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const write = (name: ServiceOrderWriteName, input: JsonObject, more?: string) =>
  writeServiceOrder(fixture, name, input, more);
/** The bytes that were sent of one kind of call; `pay` is a collect. */
const digests = (kind: Parameters<AppWithSandbox['calls']>[0]) =>
  fixture.calls(kind).map(({ bodySha256 }) => bodySha256);
const words = async (outOrderNo: string) => {
  const answer = await fixture.run(
    `{ serviceOrder(by: { outOrderNo: "${outOrderNo}" }) { status totalAmount collection { totalAmount } } }`,
  );
  return at(answer, 'data', 'serviceOrder');
};

const IDS = { appid: 'wxd678efh567hg6787', mchid: '1230000109', serviceId: '500001' };

test('createServiceOrder creates an order, and a repeat returns the same one as replayed', async () => {
  const input = serviceOrderInput();
  const more =
    'state stateRaw package launch { businessType extraData queryString } order { status }';
  const created = await write('create', input, more);
  const { outOrderNo } = input;
  const packed = String(at(created, 'package'));
  expect(created).toEqual({
    __typename: 'CreateServiceOrderPayload',
    ...IDS,
    outOrderNo,
    orderId: expect.stringMatching(/^\d+$/),
    replayed: false,
    state: 'CREATED',
    stateRaw: 'CREATED',
    package: expect.stringMatching(/./),
    launch: {
      businessType: 'wxpayScoreUse',
      extraData: { package: packed },
      queryString: `package=${encodeURIComponent(packed)}`,
    },
    order: { status: 'CREATED' },
  });
  const again = await write('create', input);
  expect(again).toMatchObject({ outOrderNo, orderId: at(created, 'orderId'), replayed: true });
  expect(new Set(digests('create')).size).toBe(1);
});

test('createServiceOrder with other input is a conflict, and nothing is sent', async () => {
  const outOrderNo = await createdServiceOrder(fixture);
  fixture.resetCalls();
  const other = serviceOrderInput({ outOrderNo, serviceIntroduction: '别的服务' });
  const conflict = { __typename: 'OrderConflictError', code: 'ORDER_CONFLICT', outOrderNo };
  expect(await write('create', other)).toEqual(conflict);
  expect(fixture.calls()).toEqual([]);
});

test('the same outOrderNo under both products is two orders', async () => {
  const input = createInput();
  const outOrderNo = String(input['outOrderNo']);
  await createPayAfter(fixture, input);
  expect(await write('create', serviceOrderInput({ outOrderNo }))).toMatchObject({
    __typename: 'CreateServiceOrderPayload',
    replayed: false,
  });
  await serviceOrderUser(fixture, 'confirm', outOrderNo);
  expect(await fixture.order({ outOrderNo })).toMatchObject({ state: 'CREATED' });
  expect(await words(outOrderNo)).toMatchObject({ status: 'ACCEPTED' });
});

test('completeServiceOrder completes an order, and a repeat sends the same bytes', async () => {
  const outOrderNo = await acceptedServiceOrder(fixture);
  fixture.resetCalls();
  const end = serviceOrderEnd(outOrderNo);
  const more = 'totalAmount needCollection order { status totalAmount }';
  expect(await write('complete', end, more)).toEqual({
    __typename: 'CompleteServiceOrderPayload',
    ...IDS,
    outOrderNo,
    orderId: expect.stringMatching(/^\d+$/),
    replayed: false,
    totalAmount: 1_200,
    needCollection: true,
    order: { status: 'COMPLETED', totalAmount: 1_200 },
  });
  expect(await write('complete', end, more)).toMatchObject({ totalAmount: 1_200, replayed: true });
  expect(new Set(digests('complete')).size).toBe(1);
  expect(digests('complete')).toHaveLength(2);
  const other = serviceOrderEnd(outOrderNo, { goodsTag: 'other' });
  expect(await write('complete', other)).toMatchObject({ code: 'ORDER_CONFLICT' });
});

test('modifyServiceOrder lowers the amount several times, and an older one is not sent again', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  const more = 'totalAmount order { collection { totalAmount } }';
  const [first, second] = [lowered(outOrderNo, 900), lowered(outOrderNo, 500)];
  expect(await write('modify', first, more)).toMatchObject({
    __typename: 'ModifyServiceOrderPayload',
    replayed: false,
    totalAmount: 900,
    order: { collection: { totalAmount: 900 } },
  });
  fixture.resetCalls();
  expect(await write('modify', first, more)).toMatchObject({ replayed: true, totalAmount: 900 });
  // A query shows the effect of the first call.
  expect(fixture.calls('modify')).toEqual([]);
  expect(await write('modify', second)).toMatchObject({ replayed: false });
  fixture.resetCalls();
  expect(await write('modify', first)).toEqual({
    __typename: 'OrderStateError',
    code: 'ORDER_STATE',
    outOrderNo,
    state: null,
    orderStatus: null,
    stateRaw: null,
  });
  expect(fixture.calls()).toEqual([]);
  expect(await words(outOrderNo)).toMatchObject({ collection: { totalAmount: 500 } });
  expect(await write('modify', second)).toMatchObject({ replayed: true });
});

test('modifyServiceOrder to a higher amount is refused by WeChat Pay, which names the field', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  expect(await write('modify', lowered(outOrderNo, 1_300))).toMatchObject({
    __typename: 'WechatRefusedError',
    wechatCode: 'PARAM_ERROR',
    field: 'totalAmount',
  });
});

test('cancelServiceOrder cancels an order, and a repeat is replayed', async () => {
  const outOrderNo = await acceptedServiceOrder(fixture);
  const input = { outOrderNo, reason: '用户投诉' };
  expect(await write('cancel', input, 'order { status }')).toMatchObject({
    __typename: 'CancelServiceOrderPayload',
    replayed: false,
    order: { status: 'CANCELED' },
  });
  expect(await write('cancel', input)).toMatchObject({ outOrderNo, replayed: true });
  const other = { ...input, reason: '下错单' };
  expect(await write('cancel', other)).toMatchObject({ code: 'ORDER_CONFLICT' });
});

test('collectServiceOrder is sent each time, and never replayed', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  fixture.resetCalls();
  for (const _ of [1, 2, 3]) {
    expect(await write('collect', { outOrderNo })).toMatchObject({
      __typename: 'CollectServiceOrderPayload',
      outOrderNo,
      replayed: false,
    });
  }
  expect(digests('pay')).toHaveLength(3);
  expect(new Set(digests('pay')).size).toBe(1);
});

test('syncServiceOrder settles an order, and a repeat is resolved by a query', async () => {
  const outOrderNo = await completedServiceOrder(fixture);
  const input = await serviceOrderSync(fixture, outOrderNo);
  expect(await write('sync', input, 'order { status payments { channel } }')).toMatchObject({
    __typename: 'SyncServiceOrderPayload',
    replayed: false,
    order: { status: 'PAID', payments: [{ channel: 'MERCHANT' }] },
  });
  fixture.resetCalls();
  expect(await write('sync', input)).toMatchObject({ outOrderNo, replayed: true });
  expect(fixture.calls('sync')).toEqual([]);
});

describe('a state that does not allow the operation', () => {
  test.each<[ServiceOrderWriteName, (outOrderNo: string) => JsonObject]>([
    ['complete', serviceOrderEnd],
    ['modify', (outOrderNo) => lowered(outOrderNo, 1)],
    ['collect', (outOrderNo) => ({ outOrderNo })],
  ])(
    'a %s of an order that is not confirmed is an OrderStateError with its state',
    async (name, input) => {
      const outOrderNo = await createdServiceOrder(fixture);
      expect(await write(name, input(outOrderNo))).toEqual({
        __typename: 'OrderStateError',
        code: 'ORDER_STATE',
        outOrderNo,
        state: null,
        orderStatus: 'CREATED',
        stateRaw: 'CREATED',
      });
    },
  );

  test('a cancel of a paid service order is an OrderStateError with its status', async () => {
    const outOrderNo = await completedServiceOrder(fixture);
    await serviceOrderUser(fixture, 'pay', outOrderNo);
    expect(await write('cancel', { outOrderNo, reason: 'x' })).toMatchObject({
      __typename: 'OrderStateError',
      orderStatus: 'PAID',
      stateRaw: 'DONE',
    });
  });

  test('a write to a service order that does not exist is an OrderNotFoundError', async () => {
    const input = { outOrderNo: 'NONE', reason: 'x' };
    expect(await write('cancel', input)).toMatchObject({ code: 'ORDER_NOT_FOUND' });
  });
});

describe('a create without confirmation', () => {
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

  test('a service order without confirmation is accepted immediately', async () => {
    await fixture.control('POST', `users/${openid}`, { useServiceState: 'AVAILABLE' });
    const input = serviceOrderInput({ needUserConfirm: false, openid });
    expect(await write('create', input, 'state order { status }')).toMatchObject({
      __typename: 'CreateServiceOrderPayload',
      state: 'DOING',
      order: { status: 'ACCEPTED' },
    });
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['without an openid', { needUserConfirm: false }, { path: ['openid'], code: 'REQUIRED' }],
    ['with confirmation and an openid', { openid }, { path: ['openid'], code: 'NOT_ALLOWED' }],
    ['without a notifyUrl', { notifyUrl: null }, { path: ['notifyUrl'], code: 'REQUIRED' }],
  ])('a service order %s is invalid input', async (_, changes, issue) => {
    expect(await write('create', serviceOrderInput(changes))).toEqual({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      issues: [issue],
    });
    expect(fixture.calls()).toEqual([]);
  });
});
