import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  PermissionInUseError,
  PermissionOutcomeUnknownError,
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../../../src/wechat/index.ts';
import { rsaKeys } from '../../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../../fixtures/wechat/orders.ts';
import { failureOf } from '../../../fixtures/wechat/sandbox-client.ts';
import {
  clientOf,
  PUBLIC_KEY_ID,
  type Reply,
  type Seen,
  startSdkUpstream,
} from '../../../fixtures/wechat/sdk-upstream.ts';
import { CREATED_ON_WIRE, IDS_ON_WIRE } from '../../../fixtures/wechat/service-orders.ts';

const NO_RETRY = { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY };
const { appid, serviceId } = IDS;
const FIVE_IDS = { ...IDS_ON_WIRE, order_id: '15646546545165651651' };

/** The answer to the call, and to the query that may follow it. */
let replies: readonly Reply[] = [];
let requests: readonly Seen[] = [];
let client: WechatPay | undefined;
let stop = () => Promise.resolve();
const wechat = () => client ?? raise();
const raise = () => {
  throw new Error('the client exists from beforeAll to afterAll');
};

beforeAll(async () => {
  const [merchant, wechatKey] = [rsaKeys(), rsaKeys()];
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  const upstream = await startSdkUpstream(merchant.publicPem, signers, (request) => {
    requests = [...requests, request];
    return replies[Math.min(requests.length, replies.length) - 1] ?? {};
  });
  client = clientOf(upstream.url, merchant, wechatKey, { resilience: NO_RETRY });
  stop = async () => {
    await client?.close();
    await upstream[Symbol.asyncDispose]();
  };
});
afterAll(() => stop());

function answered(...given: readonly (object | Reply)[]) {
  requests = [];
  replies = given.map((reply) =>
    'body' in reply || 'status' in reply ? reply : { body: JSON.stringify(reply) },
  );
}

/** What the call ends in, answered with these replies in turn. */
async function endOf(call: () => Promise<unknown>, ...given: readonly (object | Reply)[]) {
  answered(...given);
  return await failureOf(call().then(() => Promise.reject('success')));
}

function refused(code: string, number: number, status = 400, message = ''): Reply {
  return { status, body: JSON.stringify({ code, message }), requestId: `08F4-${number}` };
}

/** The requests of the last call as WeChat Pay got them. */
function sent() {
  return requests.map(({ method, target, body, verified }) => {
    expect(verified).toBe(true);
    const json: unknown = body.length === 0 ? undefined : JSON.parse(`${body}`);
    return [method, target, json];
  });
}

const PERMISSIONS = '/v3/payscore/permissions';
const key = { appid, serviceId, authorizationCode: 'C|1' };
const shown = {
  service_id: serviceId,
  appid,
  mchid: MCHID,
  authorization_code: 'C|1',
  openid: 'o1',
  authorization_state: 'AVAILABLE',
  notify_url: 'https://shop.example/wechat/notify',
  authorization_success_time: '2026-07-06T10:01:01.123+08:00',
  user_risk_level: 2,
  risk_level_version: '1',
};
const ended = { ...shown, authorization_state: 'UNAVAILABLE' };
const NO_CONTENT = { status: 204, body: '' };
const reason = '用户要求';
const terminate = () => wechat().permissions.terminate({ ...key, reason });

test('the response to an application for a permission must contain the token', async () => {
  answered({ apply_permissions_token: 't' });
  const request = { appid, serviceId, authorizationCode: 'C|1' };
  expect(await wechat().permissions.apply(request)).toEqual({ applyPermissionsToken: 't' });
  const body = { service_id: serviceId, appid, authorization_code: 'C|1' };
  expect(sent()).toEqual([['POST', PERMISSIONS, body]]);
  const notifyUrl = 'https://shop.example/wechat/notify';
  answered({ apply_permissions_token: 't' });
  await wechat().permissions.apply({ ...request, notifyUrl });
  expect(sent()).toEqual([['POST', PERMISSIONS, { ...body, notify_url: notifyUrl }]]);
  const apply = () => wechat().permissions.apply(request);
  expect(await endOf(apply, shown)).toBeInstanceOf(WechatUntrustedError);
});

test.each<[string, object]>([
  ['the merchant’s number', key],
  ['the user', { appid, serviceId, openid: 'o1' }],
])('a query by %s shows the permission, and no other one', async (_, by) => {
  answered(shown);
  const query = () => wechat().permissions.query(by as never);
  expect(await query()).toEqual({
    appid,
    mchid: MCHID,
    serviceId,
    authorizationCode: 'C|1',
    openid: 'o1',
    authorizationState: 'AVAILABLE',
    authorizationSuccessTime: '2026-07-06T10:01:01.123+08:00',
    cancelAuthorizationTime: null,
    notifyUrl: 'https://shop.example/wechat/notify',
    // No source says whether these two are numbers or texts.
    userRiskLevel: '2',
    riskLevelVersion: '1',
  });
  const others = [
    {},
    { ...shown, mchid: '1' },
    { ...shown, openid: 'o2', authorization_code: 'D' },
  ];
  for (const other of others) {
    expect(await endOf(query, other)).toBeInstanceOf(WechatUntrustedError);
  }
});

test('the termination of a permission without a body is confirmed by a query', async () => {
  expect(await endOf(terminate, NO_CONTENT, ended)).toBe('success');
  expect(await endOf(terminate, { status: 500, body: '{}' }, ended)).toBe('success');
  const silent = await endOf(terminate, NO_CONTENT, shown);
  expect(silent).toBeInstanceOf(PermissionOutcomeUnknownError);
  const body = await endOf(terminate, FIVE_IDS, shown);
  expect(body).toBeInstanceOf(PermissionOutcomeUnknownError);
});

test('open orders that prevent a termination are reported', async () => {
  const reply = refused('INVALID_REQUEST', 0, 400, '存在未完成订单');
  expect(await endOf(terminate, reply)).toBeInstanceOf(PermissionInUseError);
  expect(await endOf(terminate, refused('NO_AUTH', 0, 403))).toBeInstanceOf(WechatRefusedError);
});

test('a refusal about a permission repeats no value of its path', async () => {
  const user = { appid, serviceId, openid: 'o1' };
  const query = () => wechat().permissions.query(user);
  const message = { refusal: { explanation: null } };
  expect(await endOf(query, refused('X_1', 0, 400, '用户 o1'))).toMatchObject(message);
  expect(await endOf(terminate, refused('X_1', 0, 400, '单 C|1'))).toMatchObject(message);
});

const user = { appid, serviceId, openid: 'o|1' };
const ofUser = { ...shown, openid: 'o|1' };
const BY_CODE = `${PERMISSIONS}/authorization-code/C%7C1`;
const BY_OPENID = `${PERMISSIONS}/openid/o%7C1`;

test.each<[string, object, string]>([
  ['the merchant’s number', key, `${BY_CODE}?service_id=${serviceId}`],
  ['the user', user, `${BY_OPENID}?service_id=${serviceId}&appid=${appid}`],
])('a query by %s has the key in the path only', async (_, by, target) => {
  answered(ofUser);
  await wechat().permissions.query(by as never);
  expect(sent()).toEqual([['GET', target, undefined]]);
});

const TERMINATIONS: readonly [string, () => Promise<unknown>, string, object][] = [
  [
    'by the merchant’s number',
    () => wechat().permissions.terminate({ ...key, reason }),
    `${BY_CODE}/terminate`,
    { service_id: serviceId, reason },
  ],
  [
    'by the user',
    () => wechat().permissions.terminate({ ...user, reason }),
    `${BY_OPENID}/terminate`,
    { service_id: serviceId, appid, reason },
  ],
  [
    'by the user, in the form of 2020',
    () => wechat().permissions.terminateByUser({ ...user, reason }),
    `/v3/payscore/users/o%7C1/permissions/${serviceId}/terminate`,
    { appid, reason },
  ],
];

describe.each(TERMINATIONS)('a termination %s', (_, call, target, body) => {
  const over = { ...ofUser, authorization_state: 'UNAVAILABLE' };

  test('a termination has what is in its path not in its body, and a query shows its effect', async () => {
    expect(await endOf(call, NO_CONTENT, over)).toBe('success');
    const [first, second, ...others] = sent();
    expect([first, others]).toEqual([['POST', target, body], []]);
    expect(second?.[0]).toBe('GET');
  });

  test('the signed response to another call is no success of a termination', async () => {
    const others = [
      {},
      { body: '' },
      shown,
      over,
      FIVE_IDS,
      CREATED_ON_WIRE,
      { apply_permissions_token: 't' },
    ];
    for (const other of others) {
      const end = await endOf(call, other, ofUser);
      expect(end, JSON.stringify(other)).toBeInstanceOf(PermissionOutcomeUnknownError);
    }
  });

  test('a termination without an answer is unknown, and a refused one is reported', async () => {
    const away = { status: 500, body: '{}' };
    expect(await endOf(call, away)).toBeInstanceOf(PermissionOutcomeUnknownError);
    expect(await endOf(call, away, over)).toBe('success');
    expect(await endOf(call, refused('NO_AUTH', 0, 403), ofUser)).toBeInstanceOf(
      WechatRefusedError,
    );
  });
});

describe('the assessment of a user', () => {
  const goods = { name: '耳机', picture: 'https://p.example/1.png', amount: 550, count: 1 };
  const request = {
    ...key,
    openid: 'o|1',
    shoppingInfo: { goods: [{ ...goods, categoryId: ['1', '2'] }] },
  };
  const assess = () => wechat().permissions.assessUser({ ...request, surprise: 1 } as never);
  const answer = { ...ofUser, user_label: 'L', user_risk_level: 2, risk_level_version: 1 };

  test('an assessment of a user sends each documented field, and each field of its answer is read', async () => {
    answered(answer);
    const result = await assess();
    const body = {
      service_id: serviceId,
      appid,
      authorization_code: 'C|1',
      openid: 'o|1',
      shopping_info: { goods: [{ ...goods, category_id: ['1', '2'] }] },
    };
    expect(sent()).toEqual([['POST', `${PERMISSIONS}/assess-user-risk-level`, body]]);
    expect(result).toMatchObject({
      authorizationState: 'AVAILABLE',
      openid: 'o|1',
      userLabel: 'L',
      userRiskLevel: '2',
      riskLevelVersion: '1',
    });
  });

  test('an assessment of a user sends only the key that is given', async () => {
    answered(answer);
    await wechat().permissions.assessUser(user);
    const [[, , body] = []] = sent();
    expect(body).toEqual({ service_id: serviceId, appid, openid: 'o|1' });
  });

  test('an assessment is no success with the response to another call, or about another user', async () => {
    const { user_risk_level: _, ...query } = answer;
    const others = [
      {},
      query,
      FIVE_IDS,
      CREATED_ON_WIRE,
      { apply_permissions_token: 't' },
      { ...answer, mchid: '1' },
      { ...answer, appid: 'wxother' },
      { ...answer, service_id: '500002' },
      { ...answer, openid: 'o2' },
      { ...answer, authorization_code: 'D' },
    ];
    for (const other of others) {
      expect(await endOf(assess, other)).toBeInstanceOf(WechatUntrustedError);
    }
    const byUser = () => wechat().permissions.assessUser(user);
    for (const openid of [undefined, 'o2']) {
      expect(await endOf(byUser, { ...answer, openid })).toBeInstanceOf(WechatUntrustedError);
    }
    expect(await endOf(assess, NO_CONTENT)).toBeInstanceOf(WechatUntrustedError);
    expect(await endOf(assess, { status: 500, body: '{}' })).toBeInstanceOf(WechatUnavailableError);
    expect(await endOf(assess, refused('NO_AUTH', 0, 403))).toBeInstanceOf(WechatRefusedError);
  });
});
