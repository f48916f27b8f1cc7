import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { create, createInput } from '../fixtures/app/order-operations.ts';
import { at, textAt } from '../fixtures/json.ts';

let fixture: AppWithSandbox;
let keyless: AppWithSandbox;
beforeAll(async () => {
  [fixture, keyless] = await Promise.all([
    createAppWithSandbox(),
    createAppWithSandbox({ resources: { launchKey: () => undefined } }),
  ]);
});
afterAll(() => Promise.all([fixture.close(), keyless.close()]));

const LAUNCH = 'launch { businessType extraData queryString }';

/** By payafter-orders: sorted by name, raw values, the key at the end, HMAC-SHA256, upper-case hex. */
function signatureOf(extraData: ReadonlyMap<string, string>, apiv2Key: string): string {
  const names = [...extraData.keys()].filter((name) => name !== 'sign' && extraData.get(name));
  const pairs = names.sort().map((name) => `${name}=${extraData.get(name)}`);
  const hmac = createHmac('sha256', apiv2Key);
  return hmac
    .update([...pairs, `key=${apiv2Key}`].join('&'))
    .digest('hex')
    .toUpperCase();
}

/** Checks what any launch must have; returns the values of its extraData. */
function checked(launch: unknown, businessType: string, names: readonly string[]) {
  const entries = Object.entries(at(launch, 'extraData') ?? {});
  const extraData = new Map(entries.map(([name, value]) => [name, String(value)]));
  expect(at(launch, 'businessType')).toBe(businessType);
  expect(entries.every(([, value]) => typeof value === 'string')).toBe(true);
  expect([...extraData.keys()].sort()).toEqual([...names].sort());
  expect(extraData.get('mch_id')).toBe('1230000109');
  expect(extraData.get('sign_type')).toBe('HMAC-SHA256');
  expect(extraData.get('nonce_str')).toMatch(/^[A-Za-z0-9]{16,32}$/);
  expect(extraData.get('timestamp')).toMatch(/^\d{10}$/);
  expect(Math.abs(Number(extraData.get('timestamp')) - Date.now() / 1000)).toBeLessThan(10);
  expect(extraData.get('sign')).toBe(
    signatureOf(extraData, fixture.sandbox.credentials.WECHAT_APIV2_KEY),
  );
  const queryString = textAt(launch, 'queryString');
  expect(new Map(new URLSearchParams(queryString))).toEqual(extraData);
  expect(queryString).toMatch(/^[\w.~%!'()*=&-]+$/);
  return extraData;
}

test('a new order opens wxpayScoreUse with its package, signed with the APIv2 key', async () => {
  const order = await create(fixture, {}, LAUNCH);
  const extraData = checked(at(order, 'launch'), 'wxpayScoreUse', [
    'mch_id',
    'package',
    'timestamp',
    'nonce_str',
    'sign_type',
    'sign',
  ]);
  expect(extraData.get('package')).toBe(textAt(order, 'package'));
});

test('an authorization opens wxpayScoreEnable under the outRequestNo', async () => {
  const outRequestNo = 'aZ09_-|*'.repeat(8);
  const answer = await fixture.run(
    `query ($no: String!) { userServiceState(openid: "o1") { launch(outRequestNo: $no) {
      businessType extraData queryString } } }`,
    { no: outRequestNo },
  );
  const launch = at(answer, 'data', 'userServiceState', 'launch');
  const extraData = checked(launch, 'wxpayScoreEnable', [
    'mch_id',
    'service_id',
    'out_request_no',
    'timestamp',
    'nonce_str',
    'sign_type',
    'sign',
  ]);
  expect(extraData.get('service_id')).toBe('500001');
  expect(extraData.get('out_request_no')).toBe(outRequestNo);
});

test('an order opens wxpayScoreDetail under its number', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  const answer = await fixture.run(
    `query ($by: PayAfterOrderKey!) { payAfterOrder(by: $by) { ${LAUNCH} } }`,
    { by: { outOrderNo } },
  );
  const extraData = checked(at(answer, 'data', 'payAfterOrder', 'launch'), 'wxpayScoreDetail', [
    'mch_id',
    'service_id',
    'out_order_no',
    'timestamp',
    'nonce_str',
    'sign_type',
    'sign',
  ]);
  expect(extraData.get('out_order_no')).toBe(outOrderNo);
});

test('each launch has a new signature', async () => {
  const outOrderNo = textAt(await create(fixture), 'outOrderNo');
  const answer = await fixture.run(
    `{ payAfterOrder(by: { outOrderNo: "${outOrderNo}" }) {
      one: launch { extraData } other: launch { extraData } } }`,
  );
  const order = at(answer, 'data', 'payAfterOrder');
  expect(at(order, 'one', 'extraData', 'nonce_str')).not.toBe(
    at(order, 'other', 'extraData', 'nonce_str'),
  );
});

test('launch is null without an error if WeChat Pay sent no package', async () => {
  const input = { needUserConfirm: false, openid: 'o1' };
  expect(await create(fixture, input, LAUNCH)).toMatchObject({ package: null, launch: null });
});

test('without an APIv2 key only the field launch is an error, with a code', async () => {
  const input = createInput();
  const answer = await keyless.run(
    `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
      ... on CreatePayAfterOrderPayload { outOrderNo package ${LAUNCH} order { state ${LAUNCH} } } } }`,
    { input },
  );
  const error = (...path: readonly string[]) => ({
    message: expect.stringContaining('WECHAT_APIV2_KEY'),
    path: ['createPayAfterOrder', ...path],
    extensions: { code: 'LAUNCH_NOT_CONFIGURED' },
  });
  expect(answer).toMatchObject({
    data: {
      createPayAfterOrder: {
        outOrderNo: input['outOrderNo'],
        package: expect.any(String),
        launch: null,
        order: { state: 'CREATED', launch: null },
      },
    },
    errors: [error('launch'), error('order', 'launch')],
  });
});

test('no APIv2 key is needed if there is nothing to launch', async () => {
  const input = createInput({ needUserConfirm: false, openid: 'o1' });
  expect(await create(keyless, input, LAUNCH)).toMatchObject({ launch: null });
});
