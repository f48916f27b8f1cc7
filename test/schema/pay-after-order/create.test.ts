import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { ORDER } from '../../fixtures/graphql/documents.ts';
import { orderInput, PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const withOrder = `mutation ($input: CreatePayAfterOrderInput!) {
  createPayAfterOrder(input: $input) {
    ... on CreatePayAfterOrderPayload { outOrderNo order { ...Order } }
  }
} ${ORDER}`;

/** Every one of the 18 fields. */
const everyField = () =>
  orderInput({
    appid: fixture.sandbox.credentials.WECHAT_APPID,
    serviceId: fixture.sandbox.credentials.WECHAT_SERVICE_ID,
    serviceStartTime: '2099-07-05T17:35:49+08:00',
    serviceEndTime: '2099-07-06',
    serviceEndLocation: '深圳北站',
    fees: [{ feeName: '骑行费', feeCount: 2, feeAmount: 300, feeDesc: '每30分钟1.5元' }],
    discounts: [{ discountName: '新客立减', discountDesc: '首单减1元' }],
    attach: 'a%3D1%26b%3D2',
    needUserConfirm: false,
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    ...PERSONAL,
  });

describe('an order with every field', () => {
  test('an order with every field is created, and WeChat Pay receives each under its own name', async () => {
    const input = everyField();
    const { WECHAT_MCHID: mchid } = fixture.sandbox.credentials;
    expect(await fixture.create(input)).toMatchObject({
      __typename: 'CreatePayAfterOrderPayload',
      appid: input['appid'],
      mchid,
      outOrderNo: input['outOrderNo'],
      serviceId: input['serviceId'],
      orderId: expect.stringMatching(/^\d{24}$/),
    });
    const stored = await fixture.stored(input['outOrderNo']);
    expect(stored).toMatchObject({
      request: {
        service_start_time: '20990705173549',
        service_end_time: '20990706',
        service_start_location: '深圳湾体育中心',
        service_end_location: '深圳北站',
        service_introduction: '共享单车骑行',
        fees: [{ fee_name: '骑行费', fee_count: 2, fee_amount: 300, fee_desc: '每30分钟1.5元' }],
        discounts: [{ discount_name: '新客立减', discount_desc: '首单减1元' }],
        risk_amount: 10_000,
        attach: 'a%3D1%26b%3D2',
        need_user_confirm: false,
        openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      },
    });
    expect(Object.keys(Object(at(stored, 'request')))).toHaveLength(18);
  });

  test('the personal data of an order are encrypted on the wire, and readable only for WeChat Pay', async () => {
    const input = everyField();
    await fixture.create(input);
    const stored = await fixture.stored(input['outOrderNo']);
    expect(stored).toMatchObject(PERSONAL);
    for (const [field, plaintext] of Object.entries(PERSONAL)) {
      expect(at(stored, 'request', field)).not.toContain(plaintext);
    }
    expect(fixture.log.text()).toBe('');
  });
});

describe('the payload', () => {
  test('the payload of an order that the user has to confirm opens the confirmation page', async () => {
    expect(await fixture.create(orderInput())).toMatchObject({
      miniprogramBusinesstype: 'wxpayScoreUse',
      miniprogramAppid: expect.stringMatching(/^wx/),
      miniprogramPath: 'pages/use/use',
      miniprogramUsername: expect.stringMatching(/^gh_/),
      package: expect.any(String),
    });
  });

  test('the payload of an order without confirmation has nothing to open', async () => {
    const payload = await fixture.create(
      orderInput({ needUserConfirm: false, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }),
    );
    expect(payload).toMatchObject({
      __typename: 'CreatePayAfterOrderPayload',
      miniprogramBusinesstype: null,
      package: null,
    });
  });

  test('the payload costs one call, and its field order one more', async () => {
    await fixture.create(orderInput());
    expect(fixture.calls().map(({ kind }) => kind)).toEqual(['create']);
    const input = orderInput({ riskAmount: 12_345 });
    const answer = await fixture.run(withOrder, { input });
    expect(at(answer, 'data', 'createPayAfterOrder', 'order')).toMatchObject({
      outOrderNo: input['outOrderNo'],
      state: 'CREATED',
      riskAmount: 12_345,
    });
    expect(fixture.calls().map(({ kind }) => kind)).toEqual(['create', 'create', 'query']);
  });

  test('the payload is returned even if the query for its order fails', async () => {
    await fixture.inject({ on: 'query', fault: 'unsigned', times: null });
    const input = orderInput();
    expect(await fixture.run(withOrder, { input })).toMatchObject({
      data: { createPayAfterOrder: { outOrderNo: input['outOrderNo'], order: null } },
      errors: [
        { path: ['createPayAfterOrder', 'order'], extensions: { code: 'WECHAT_UNTRUSTED' } },
      ],
    });
  });
});

describe('appid and serviceId', () => {
  test('appid and serviceId are those of the configuration if they are omitted or null', async () => {
    const { WECHAT_APPID, WECHAT_SERVICE_ID } = fixture.sandbox.credentials;
    expect(await fixture.create(orderInput({ appid: null }))).toMatchObject({
      appid: WECHAT_APPID,
      serviceId: WECHAT_SERVICE_ID,
    });
  });

  test('appid and serviceId of another merchant are refused by WeChat Pay, with its code and Request-ID', async () => {
    expect(await fixture.create(orderInput({ serviceId: '500002' }))).toEqual({
      __typename: 'WechatRefusedError',
      code: 'WECHAT_REFUSED',
      message: expect.stringContaining('NO_AUTH'),
      wechatCode: 'NO_AUTH',
      status: 403,
      requestId: expect.stringMatching(/-\d+$/),
    });
  });
});
