import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { QUERY, USER_STATE } from '../../fixtures/graphql/documents.ts';
import { newOutOrderNo, orderInput } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

async function made(changes = {}): Promise<string> {
  const outOrderNo = newOutOrderNo();
  await fixture.create(orderInput({ ...changes, outOrderNo }));
  await fixture.reset();
  return outOrderNo;
}
const act = (outOrderNo: string, step: string) =>
  fixture.merchant.control('POST', `/sandbox/orders/${outOrderNo}/${step}`);

describe('payAfterOrder', () => {
  test('payAfterOrder shows the input of the create, and null for what is not known yet', async () => {
    const outOrderNo = await made({
      serviceEndTime: '2099-07-06',
      serviceEndLocation: '深圳北站',
      fees: [{ feeName: '骑行费', feeDesc: '每30分钟1.5元' }],
      discounts: [{ discountName: '新客立减', discountDesc: '首单减1元' }],
      attach: 'a%3D1',
    });
    const { WECHAT_APPID, WECHAT_MCHID, WECHAT_SERVICE_ID } = fixture.sandbox.credentials;
    expect(await fixture.order({ outOrderNo })).toEqual({
      appid: WECHAT_APPID,
      mchid: WECHAT_MCHID,
      outOrderNo,
      serviceId: WECHAT_SERVICE_ID,
      state: 'CREATED',
      stateRaw: 'CREATED',
      finishType: null,
      serviceStartTime: 'OnAccept',
      serviceEndTime: '2099-07-06',
      realServiceStartTime: null,
      realServiceEndTime: null,
      paySuccTime: null,
      serviceStartLocation: '深圳湾体育中心',
      serviceEndLocation: '深圳北站',
      realServiceStartLocation: null,
      realServiceEndLocation: null,
      serviceIntroduction: '共享单车骑行',
      fees: [{ feeName: '骑行费', feeCount: null, feeAmount: null, feeDesc: '每30分钟1.5元' }],
      discounts: [{ discountName: '新客立减', discountAmount: null, discountDesc: '首单减1元' }],
      riskAmount: 10_000,
      totalAmount: null,
      attach: 'a%3D1',
      finishTicket: null,
      finishTransactionId: null,
      payType: null,
    });
  });

  test('payAfterOrder follows the order until it is paid', async () => {
    const outOrderNo = await made();
    await act(outOrderNo, 'confirm');
    expect(await fixture.order({ outOrderNo })).toMatchObject({
      state: 'USER_ACCEPTED',
      serviceStartTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      finishTicket: expect.any(String),
    });
    await act(outOrderNo, 'pay');
    expect(await fixture.order({ outOrderNo })).toMatchObject({
      state: 'USER_PAID',
      paySuccTime: expect.stringMatching(/\+08:00$/),
      finishTransactionId: expect.stringMatching(/^4200/),
      finishTicket: null,
    });
  });

  test('payAfterOrder finds an order by the queryId that the page of WeChat Pay returns', async () => {
    const outOrderNo = await made();
    const queryId = at(await fixture.stored(outOrderNo), 'query_id');
    expect(await fixture.order({ queryId })).toMatchObject({ outOrderNo });
  });

  test('a queryId of a pay-after order may be as long as that of a service order', async () => {
    const of = (length: number) => fixture.run(QUERY, { by: { queryId: 'x'.repeat(length) } });
    expect(await of(512)).toEqual({ data: { payAfterOrder: null } });
    expect(await of(513)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['queryId'] }] } }],
    });
  });

  test('payAfterOrder is null, without an error, if WeChat Pay knows no such order', async () => {
    for (const by of [{ outOrderNo: 'NOBODY' }, { queryId: 'NOBODY' }]) {
      expect(await fixture.run(QUERY, { by })).toEqual({ data: { payAfterOrder: null } });
    }
  });

  test.each(['a|b*c', '_-', '0'])('payAfterOrder finds the number %s', async (suffix) => {
    const outOrderNo = `${newOutOrderNo().slice(0, 8)}${suffix}`;
    await fixture.create(orderInput({ outOrderNo }));
    expect(await fixture.order({ outOrderNo })).toMatchObject({ outOrderNo });
  });
});

describe('a query that fails', () => {
  test('a query reports every invalid argument together, and sends nothing', async () => {
    const bare = await createAppWithSandbox({
      resources: { defaults: { appid: undefined, serviceId: undefined } },
    });
    const answer = await bare.run(QUERY, { by: { outOrderNo: '' } });
    expect(at(answer, 'errors', 0, 'extensions')).toEqual({
      code: 'BAD_USER_INPUT',
      issues: [
        { path: ['appid'], code: 'REQUIRED', message: expect.any(String) },
        { path: ['serviceId'], code: 'REQUIRED', message: expect.any(String) },
        { path: ['outOrderNo'], code: 'REQUIRED', message: expect.any(String) },
      ],
    });
    expect(bare.calls()).toEqual([]);
    await bare.close();
  });

  test.each([
    ['payAfterOrder(by: { outOrderNo: "A" }, %) { state }'],
    ['userServiceState(openid: "o", %) { useServiceState }'],
  ])('a query applies the rules of a create to appid and serviceId: %s', async (field) => {
    const ids = `appid: "${'a'.repeat(33)}", serviceId: "S\\u0000"`;
    const answer = await fixture.run(`{ ${field.replace('%', ids)} }`);
    expect(at(answer, 'errors', 0, 'extensions')).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [
        { path: ['appid'], code: 'TOO_LONG' },
        { path: ['serviceId'], code: 'BAD_CHARACTER' },
      ],
    });
    expect(fixture.calls()).toEqual([]);
  });

  test('a refused query is an error with the status, code and Request-ID of WeChat Pay', async () => {
    const answer = await fixture.run(QUERY, { by: { outOrderNo: 'A' }, serviceId: '500002' });
    expect(answer).toEqual({
      data: { payAfterOrder: null },
      errors: [
        {
          message: expect.stringContaining('NO_AUTH'),
          path: ['payAfterOrder'],
          locations: expect.any(Array),
          extensions: {
            code: 'WECHAT_REFUSED',
            wechat: {
              status: 403,
              code: 'NO_AUTH',
              requestId: expect.stringMatching(/-\d+$/),
              retryable: false,
            },
          },
        },
      ],
    });
    expect(fixture.calls()).toHaveLength(1);
  });
});

describe('userServiceState', () => {
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

  test.each(['AVAILABLE', 'UNAVAILABLE'])(
    'userServiceState returns that a user is %s',
    async (useServiceState) => {
      await fixture.merchant.control('POST', `/sandbox/users/${openid}`, { useServiceState });
      const { WECHAT_APPID, WECHAT_SERVICE_ID } = fixture.sandbox.credentials;
      expect(await fixture.run(USER_STATE, { openid })).toEqual({
        data: {
          userServiceState: {
            appid: WECHAT_APPID,
            serviceId: WECHAT_SERVICE_ID,
            openid,
            useServiceState,
          },
        },
      });
      expect(fixture.calls().map(({ kind }) => kind)).toEqual(['user-service-state']);
    },
  );

  test('userServiceState refuses an invalid openid, without a call', async () => {
    const answer = await fixture.run(USER_STATE, { openid: 'o'.repeat(129) });
    expect(at(answer, 'errors', 0, 'extensions')).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['openid'], code: 'TOO_LONG' }],
    });
    expect(fixture.calls()).toEqual([]);
  });

  test('userServiceState is queried with the unchanged openid, whatever characters it has', async () => {
    const odd = 'o&a=b c%20/ü';
    const answer = await fixture.run(USER_STATE, { openid: odd });
    expect(at(answer, 'data', 'userServiceState', 'openid')).toBe(odd);
  });
});
