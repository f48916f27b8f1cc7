import { describe, expect, test } from 'vitest';
import {
  type CreatePayAfterOrderRequest,
  OrderConflictError,
  OrderOutcomeUnknownError,
  OutcomeUnknownError,
  WechatRefusedError,
  WechatUntrustedError,
} from '../../../src/wechat/index.ts';
import { anOrder, aWholeOrder, MCHID, PERSONAL } from '../../fixtures/wechat/orders.ts';
import { failureOf, sandboxFixture } from '../../fixtures/wechat/sandbox-client.ts';

const { client, inject, calls } = sandboxFixture();

const LOST = { on: 'create', fault: 'reset-before' };
const MADE = { on: 'create', fault: 'reset-after' };
const REFUSED = { on: 'create', fault: 'status', status: 400, code: 'PARAM_ERROR' };
const create = (order: CreatePayAfterOrderRequest) => client().createPayAfterOrder(order);

describe('a create that is refused after an attempt that may have made the order', () => {
  test('a create that is refused after an ambiguous attempt is refused if WeChat Pay knows no such order', async () => {
    await inject(LOST, REFUSED);
    const error = await failureOf(create(anOrder()));
    expect(error).toBeInstanceOf(WechatRefusedError);
    expect(error).toMatchObject({ code: 'PARAM_ERROR', status: 400 });
    expect(calls('query').map(({ status }) => status)).toEqual([404]);
  });

  test.each([
    anOrder(),
    aWholeOrder({ needUserConfirm: true, openid: null }),
    anOrder({ ...PERSONAL, serviceStartTime: '2099-01-01' }),
  ])(
    'a create that is refused after an ambiguous attempt is a success if the order is the same: %#',
    async (order) => {
      await inject(MADE, REFUSED);
      const { appid, serviceId, outOrderNo } = order;
      expect(await create(order)).toEqual({
        appid,
        serviceId,
        outOrderNo,
        mchid: MCHID,
        orderId: null,
        miniprogramBusinesstype: null,
        miniprogramAppid: null,
        miniprogramPath: null,
        miniprogramUsername: null,
        package: null,
      });
    },
  );

  test('a create that is refused after an ambiguous attempt is a conflict if the order is different', async () => {
    const order = anOrder();
    await create(order);
    await inject(LOST);
    const error = await failureOf(create({ ...order, riskAmount: order.riskAmount + 1 }));
    expect(error).toBeInstanceOf(OrderConflictError);
    expect(error).toMatchObject({ outOrderNo: order.outOrderNo, code: 'INVALID_REQUEST' });
    expect(calls('query')).toHaveLength(1);
  });

  test('a create that is refused after an ambiguous attempt is a success if only the ciphertext of the order differs', async () => {
    const order = anOrder(PERSONAL);
    await create(order);
    await inject(LOST);
    expect(await create(order)).toMatchObject({ outOrderNo: order.outOrderNo, orderId: null });
  });

  test.each<[string, object]>([
    ['fails', { fault: 'status', status: 500 }],
    ['is refused', { fault: 'status', status: 403 }],
    ['is cut off', { fault: 'reset-before' }],
    ['is answered by an unsigned 200', { fault: 'unsigned' }],
  ])(
    'a create that is refused after an ambiguous attempt is an unknown outcome if the query %s',
    async (_, fault) => {
      const order = anOrder();
      await inject(MADE, REFUSED, { on: 'query', times: null, ...fault });
      const error = await failureOf(create(order));
      expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
      expect(error).toMatchObject({ reason: 'CONNECTION', outOrderNo: order.outOrderNo });
    },
  );

  test('a create that is refused after an ambiguous attempt is an unknown outcome if the 404 of the query is not signed', async () => {
    await inject(LOST, REFUSED, { on: 'query', times: null, fault: 'unsigned' });
    const error = await failureOf(create(anOrder()));
    expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
    expect(error).toMatchObject({ reason: 'CONNECTION' });
    expect(calls('query').map(({ status }) => status)).toEqual([404]);
  });

  test('a create that is refused after an ambiguous attempt is an unknown outcome if the 404 does not concern the order', async () => {
    const other = { fault: 'status', status: 404, code: 'NOT_FOUND' };
    await inject(LOST, REFUSED, { on: 'query', times: null, ...other });
    expect(await failureOf(create(anOrder()))).toBeInstanceOf(OrderOutcomeUnknownError);
  });

  test('a create that is refused after an ambiguous attempt is queried once more if the first query is lost', async () => {
    const order = anOrder();
    await inject(MADE, REFUSED, { on: 'query', fault: 'truncate' });
    expect(await create(order)).toMatchObject({ outOrderNo: order.outOrderNo, orderId: null });
    expect(calls('query')).toHaveLength(2);
  });
});

describe.each(['none', 'wrong'])('a refusal whose signature is %s', (signature) => {
  const refusals = [
    { status: 400, code: 'PARAM_ERROR' },
    { status: 403, code: 'NO_AUTH' },
    { status: 404, code: 'ORDER_NOT_EXIST' },
    { status: 409, code: 'INVALID_REQUEST' },
  ];
  const refused = (on: string, refusal: object, takesEffect: boolean) =>
    inject({ on, fault: 'status', signature, takesEffect, ...refusal });

  test.each(refusals)(
    'an unverified refusal of a create that made the order is a success: %j',
    async (refusal) => {
      const order = anOrder();
      await refused('create', refusal, true);
      const created = await create(order);
      expect(created).toMatchObject({ outOrderNo: order.outOrderNo, orderId: null });
      expect(calls().map(({ kind }) => kind)).toEqual(['create', 'query']);
    },
  );

  test.each(refusals)(
    'an unverified refusal of a create that made no order is that refusal: %j',
    async (refusal) => {
      const unverified: object[] = [];
      await refused('create', refusal, false);
      const error = await failureOf(
        client({ onUnverifiedRefusal: (one) => unverified.push(one) }).createPayAfterOrder(
          anOrder(),
        ),
      );
      expect(error).toBeInstanceOf(WechatRefusedError);
      expect(error).toMatchObject({ ...refusal, refusal: { verified: false } });
      expect(unverified).toMatchObject([{ ...refusal, endpoint: expect.stringMatching(/^POST /) }]);
    },
  );

  test.each(refusals)(
    'an unverified refusal is confirmed by a 404 that is not verified either: %j',
    async (refusal) => {
      await refused('create', refusal, false);
      await inject({ on: 'query', times: null, fault: 'status', status: 404, signature });
      expect(await failureOf(create(anOrder()))).toBeInstanceOf(WechatRefusedError);
    },
  );

  test.each(refusals)(
    'an unverified refusal is an unknown outcome if the query fails: %j',
    async (refusal) => {
      await refused('create', refusal, true);
      await inject({ on: 'query', times: null, fault: 'status', status: 403, signature });
      const error = await failureOf(create(anOrder()));
      expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
      expect(error).toMatchObject({ reason: 'UNTRUSTED_ANSWER' });
    },
  );

  test.each(refusals)(
    'an unverified refusal of a cancel is decided by the state of the order: %j',
    async (refusal) => {
      const [done, kept] = [anOrder(), anOrder()];
      await Promise.all([create(done), create(kept)]);
      const cancel = ({ appid, serviceId, outOrderNo }: CreatePayAfterOrderRequest) =>
        client().cancelPayAfterOrder({ appid, serviceId, outOrderNo, reason: '用户投诉' });
      await refused('cancel', refusal, true);
      expect(await cancel(done)).toMatchObject({ outOrderNo: done.outOrderNo, orderId: null });
      await refused('cancel', refusal, false);
      expect(await failureOf(cancel(kept))).toBeInstanceOf(WechatRefusedError);
    },
  );

  test('a 404 does not show that there is no order or permission', async () => {
    const { appid, serviceId, outOrderNo } = anOrder();
    await inject({ on: 'any', times: null, fault: 'status', status: 404, signature });
    const { serviceOrders, permissions, queryPayAfterOrder } = client();
    const order = { appid, serviceId, outOrderNo };
    const key = { appid, serviceId, authorizationCode: 'C1' };
    for (const query of [
      () => queryPayAfterOrder(order),
      () => serviceOrders.query(order),
      () => permissions.query(key),
    ]) {
      const error = await failureOf(query());
      expect(error).toBeInstanceOf(WechatUntrustedError);
      expect(error).toMatchObject({ status: 404, code: 'ORDER_NOT_EXIST' });
    }
  });

  test('an unverified rate limit proves nothing, so that the outcome is unknown', async () => {
    const { outOrderNo, ...order } = anOrder();
    await inject({ on: 'create', fault: 'status', status: 429, signature, times: null });
    const error = await failureOf(create({ ...order, outOrderNo }));
    expect(error).toBeInstanceOf(OrderOutcomeUnknownError);
    expect(error).toMatchObject({ reason: 'UNTRUSTED_ANSWER', status: 429 });
  });

  test('a 401 is a refusal, because WeChat Pay never signs it and such a call has no effect', async () => {
    await inject({ on: 'create', fault: 'status', status: 401, signature });
    expect(await failureOf(create(anOrder()))).toBeInstanceOf(WechatRefusedError);
    expect(calls('query')).toEqual([]);
  });
});

describe('a create that is refused at the first attempt', () => {
  test('a create that is refused as a different order is a conflict, and nothing is queried', async () => {
    const order = anOrder();
    await create(order);
    const error = await failureOf(create({ ...order, riskAmount: 1 }));
    expect(error).toBeInstanceOf(OrderConflictError);
    expect(error).toMatchObject({
      outOrderNo: order.outOrderNo,
      requestId: expect.stringMatching(/-271316598$/),
    });
    expect(calls('query')).toEqual([]);
  });

  test('a create that is refused with any other INVALID_REQUEST is a refusal', async () => {
    await inject({ on: 'create', fault: 'status', status: 400, code: 'INVALID_REQUEST' });
    const error = await failureOf(create(anOrder()));
    expect(error).toBeInstanceOf(WechatRefusedError);
    expect(error).not.toMatchObject({ refusal: { number: 271316598 } });
    expect(calls()).toHaveLength(1);
  });

  test('a create that is refused after an attempt that was not accepted is a refusal, and nothing is queried', async () => {
    await inject({ on: 'create', fault: 'status', status: 429 }, REFUSED);
    expect(await failureOf(create(anOrder()))).toBeInstanceOf(WechatRefusedError);
    expect(calls('query')).toEqual([]);
  });
});

test('a generic write that is refused after a lost attempt is an unknown outcome', async () => {
  await inject({ on: 'any', fault: 'reset-before' });
  const call = client().request('POST', '/v3/payscore/payafter-orders/A1/cancel', {}, { a: 1 });
  const error = await failureOf(call);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(error).not.toBeInstanceOf(OrderOutcomeUnknownError);
  expect(error).toMatchObject({ reason: 'CONNECTION' });
});

test('no error contains personal data or ids of the request', async () => {
  const order = anOrder({ ...PERSONAL, needUserConfirm: false, openid: 'oUpF8uMuAJO' });
  const { outOrderNo } = order;
  const message = `${outOrderNo} of ${order.openid} is not right`;
  await inject({ ...REFUSED, message });
  const error = await failureOf(create(order));
  expect(error).toMatchObject({ refusal: { explanation: null } });
  expect(JSON.stringify(error) + String(error)).not.toMatch(/oUpF8uMuAJO|张三丰|13800138000/);
});
