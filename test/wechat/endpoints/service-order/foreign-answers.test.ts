import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  PermissionOutcomeUnknownError,
  type WechatPay,
  WechatRefusedError,
  WechatUntrustedError,
} from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../../fixtures/wechat/orders.ts';
import { failureOf } from '../../../fixtures/wechat/sandbox-client.ts';
import {
  answerTo,
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import {
  aServiceOrder,
  COMPLETED_ON_WIRE,
  CREATED_ON_WIRE,
  WHOLE_COMPLETE,
} from '../../../fixtures/wechat/service-orders.ts';

/*
 * Validly signed answers with the ids of the request that are about something else, or a repeat.
 */

const S1 = { ...IDS, outOrderNo: 'S1' };
const NO_RETRY = { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY };
let write: Reply = {};
let query: Reply = {};
let wechat: WechatPay;
let stop = () => Promise.resolve();
beforeAll(async () => {
  const [merchant, wechatKey] = [rsaKeys(), rsaKeys()];
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  const upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method }) =>
    method === 'GET' ? query : write,
  );
  wechat = clientOf(upstream.url, merchant, wechatKey, { resilience: NO_RETRY });
  stop = async () => {
    await wechat.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

const payAfter = (state: string) => ({ body: answerTo('S1', { state, risk_amount: 9_900 }) });

test('an order of the other product with the same ids is no answer to a query', async () => {
  query = payAfter('CREATED');
  expect(await failureOf(wechat.serviceOrders.query(S1))).toBeInstanceOf(WechatUntrustedError);
  query = { body: JSON.stringify(CREATED_ON_WIRE) };
  expect(await failureOf(wechat.queryPayAfterOrder(S1))).toBeInstanceOf(WechatUntrustedError);
});

test('an order of the other product with the same ids does not confirm a write', async () => {
  write = { body: answerTo('S1', { order_id: '15646546545165651651' }) };
  const request = { ...S1, reason: '用户投诉' };
  query = payAfter('REVOKED');
  const ofService = await failureOf(wechat.serviceOrders.cancel.send(request));
  expect(ofService).toBeInstanceOf(OrderOutcomeUnknownError);
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const ofPayAfter = await failureOf(wechat.cancelPayAfterOrder(request));
  expect(ofPayAfter).toBeInstanceOf(OrderOutcomeUnknownError);
});

test('the order id is that of the order which confirms a write, not that of a response to another order', async () => {
  write = { body: answerTo('S1', { order_id: 'of another order' }) };
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const request = { ...S1, reason: '用户投诉' };
  const { order_id: orderId } = CREATED_ON_WIRE;
  expect(await wechat.serviceOrders.cancel.send(request)).toMatchObject({ orderId });
});

test('a repeat of what succeeded does not return the order id of another order either', async () => {
  write = { body: answerTo('S1', { order_id: 'of another order' }) };
  query = { body: JSON.stringify({ ...CREATED_ON_WIRE, state: 'REVOKED' }) };
  const request = { ...S1, reason: '用户投诉' };
  const repeat = () => wechat.serviceOrders.cancel.send(request, { succeededBefore: true });
  const { order_id: orderId } = CREATED_ON_WIRE;
  expect(await repeat()).toMatchObject({ orderId });
  query = { status: 503, body: '{}' };
  expect(await failureOf(repeat())).toBeInstanceOf(OrderOutcomeUnknownError);
});

test('a response without the total does not show what a repeated complete returns', async () => {
  write = { body: JSON.stringify({ ...COMPLETED_ON_WIRE, total_amount: undefined }) };
  query = { body: JSON.stringify(COMPLETED_ON_WIRE) };
  const { complete } = wechat.serviceOrders;
  for (const succeededBefore of [false, true]) {
    const completed = await complete.send(WHOLE_COMPLETE, { succeededBefore });
    expect(completed).toMatchObject({ order: { totalAmount: 39_900 } });
  }
});

test('the order that confirms a create decides whether it has started, not a response without a package', async () => {
  const accepted = { ...CREATED_ON_WIRE, state: 'DOING', state_description: 'USER_CONFIRM' };
  const request = aServiceOrder({ needUserConfirm: false, openid: 'o1' });
  const create = () => wechat.serviceOrders.create.send(request);
  write = { body: JSON.stringify(CREATED_ON_WIRE) };
  query = { body: JSON.stringify(accepted) };
  expect(await create()).toMatchObject({ state: 'DOING' });
  write = { body: JSON.stringify(accepted) };
  query = { body: JSON.stringify(CREATED_ON_WIRE) };
  expect(await failureOf(create())).toBeInstanceOf(OrderNotStartedError);
});

const { appid, serviceId } = IDS;
const ended = { appid, service_id: serviceId, mchid: MCHID, authorization_state: 'UNAVAILABLE' };
const end = () => wechat.permissions.terminate({ ...IDS, openid: 'o1', reason: '用户要求' });

test('the end of a permission is not confirmed by one that names no user', async () => {
  write = { status: 204, body: '' };
  query = { body: JSON.stringify(ended) };
  expect(await failureOf(end())).toBeInstanceOf(PermissionOutcomeUnknownError);
  query = { body: JSON.stringify({ ...ended, openid: 'o1' }) };
  expect(await end()).toMatchObject({ openid: 'o1', authorizationState: 'UNAVAILABLE' });
});

test('a refusal to end a permission that has ended is no failure', async () => {
  const body = JSON.stringify({ code: 'INVALID_REQUEST', message: '' });
  write = { status: 400, body, requestId: '08F4-1' };
  query = { body: JSON.stringify({ ...ended, openid: 'o1' }) };
  expect(await end()).toMatchObject({ authorizationState: 'UNAVAILABLE' });
  query = { body: JSON.stringify({ ...ended, openid: 'o1', authorization_state: 'AVAILABLE' }) };
  expect(await failureOf(end())).toBeInstanceOf(WechatRefusedError);
});
