import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';
import { aServiceOrder } from '../../fixtures/wechat/service-orders.ts';

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const callers = {
  operator: caller(['permissions:read', 'permissions:write', 'orders:any']),
  shopper: caller(['permissions:read', 'permissions:write'], { openid: OPENID }),
};

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ resources: { authenticator: knowing(callers) } });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

async function run(query: string, variables: JsonObject, who: keyof typeof callers = 'operator') {
  const response = await fixture.app.fetch(graphqlRequest({ query, variables }, as(who)));
  const answer: unknown = await response.json();
  return answer;
}

const QUERY = `query ($by: ServicePermissionKey!) { servicePermission(by: $by) {
  openid authorizationCode authorizationState authorizationSuccessTime } }`;
const APPLY = `mutation ($input: ApplyServicePermissionInput!) { applyServicePermission(input: $input) {
  __typename
  ... on ApplyServicePermissionPayload {
    authorizationCode applyPermissionsToken launch { businessType extraData queryString } }
  ... on InvalidInputError { issues { path code } }
  ... on UserError { code } } }`;
const TERMINATE = `mutation ($input: TerminateServicePermissionInput!) {
  terminateServicePermission(input: $input) {
    __typename
    ... on TerminateServicePermissionPayload { permission { authorizationState authorizationCode } }
    ... on PermissionOutcomeUnknownError { reason }
    ... on InvalidInputError { issues { path code } }
    ... on UserError { code } } }`;

const shown = async (by: JsonObject) => at(await run(QUERY, { by }), 'data', 'servicePermission');
const apply = async (input: JsonObject) =>
  at(await run(APPLY, { input }), 'data', 'applyServicePermission');
const terminate = async (input: JsonObject) =>
  at(await run(TERMINATE, { input }), 'data', 'terminateServicePermission');

/** A permission that the user has given. */
async function granted(openid: string): Promise<string> {
  const authorizationCode = newOutOrderNo();
  await apply({ authorizationCode });
  await fixture.control('POST', `permissions/${authorizationCode}/grant`, { openid });
  return authorizationCode;
}

describe('a permission', () => {
  test('a permission is applied for, given by the user, and ended', async () => {
    const authorizationCode = newOutOrderNo();
    const applied = await apply({ authorizationCode });
    const token = at(applied, 'applyPermissionsToken');
    expect(applied).toEqual({
      __typename: 'ApplyServicePermissionPayload',
      authorizationCode,
      applyPermissionsToken: expect.any(String),
      launch: {
        businessType: 'wxpayScoreEnable',
        extraData: { apply_permissions_token: token },
        queryString: `apply_permissions_token=${encodeURIComponent(String(token))}`,
      },
    });
    expect(await shown({ authorizationCode })).toMatchObject({
      openid: null,
      authorizationState: 'UNBINDUSER',
    });
    const openid = `openid-${authorizationCode}`;
    await fixture.control('POST', `permissions/${authorizationCode}/grant`, { openid });
    expect(await shown({ openid })).toMatchObject({
      openid,
      authorizationState: 'AVAILABLE',
      authorizationSuccessTime: expect.stringMatching(/Z$/),
    });
    expect(await terminate({ by: { authorizationCode }, reason: '不再使用' })).toEqual({
      __typename: 'TerminateServicePermissionPayload',
      permission: { authorizationState: 'UNAVAILABLE', authorizationCode },
    });
  });

  test('a permission under which an order is open does not end', async () => {
    const openid = `openid-${newOutOrderNo()}`;
    const authorizationCode = await granted(openid);
    await fixture.wechat.serviceOrders.create.send(
      aServiceOrder({ outOrderNo: newOutOrderNo(), needUserConfirm: false, openid }),
    );
    expect(await terminate({ by: { openid }, reason: 'x' })).toEqual({
      __typename: 'PermissionInUseError',
      code: 'PERMISSION_IN_USE',
    });
    expect(await shown({ authorizationCode })).toMatchObject({ authorizationState: 'AVAILABLE' });
  });

  test.each([
    [400, 'PARAM_ERROR', 'none'],
    [403, 'NO_AUTH', 'wrong'],
    [404, 'RESOURCE_NOT_EXISTS', 'none'],
    [409, 'INVALID_REQUEST', 'wrong'],
  ])(
    'an unverified refusal to end a permission is decided by a query: %i %s, signature %s',
    async (status, code, signature) => {
      const refusal = { on: 'permission', fault: 'status', status, code, signature };
      const end = async () => {
        const openid = newOutOrderNo();
        await granted(openid);
        return async () => await terminate({ by: { openid }, reason: '用户要求' });
      };
      const [ended, kept, unknown] = [await end(), await end(), await end()];
      await fixture.inject({ ...refusal, takesEffect: true });
      expect(await ended()).toMatchObject({ permission: { authorizationState: 'UNAVAILABLE' } });
      await fixture.inject({ ...refusal, takesEffect: false });
      expect(await kept()).toMatchObject({ code: 'WECHAT_REFUSED' });
      expect(await kept()).toMatchObject({ permission: { authorizationState: 'UNAVAILABLE' } });
      await fixture.inject({ ...refusal, takesEffect: true });
      await fixture.inject({ on: 'permission', fault: 'status', status: 503, times: null });
      expect(await unknown()).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    },
  );

  test('the line of a write of a permission that fails counts the requests that were sent', async () => {
    const authorizationCode = await granted(`openid-${newOutOrderNo()}`);
    const refused = { on: 'permission', fault: 'status', status: 403, code: 'NO_AUTH' } as const;
    await fixture.inject({ on: 'permission', fault: 'status', status: 429 });
    await fixture.inject(refused);
    await terminate({ by: { authorizationCode }, reason: 'x' });
    await fixture.inject(refused);
    await apply({ authorizationCode: newOutOrderNo() });
    const lines = fixture.log.entries().filter((line) => at(line, 'operation') !== undefined);
    expect(lines).toMatchObject([
      { operation: 'terminateServicePermission', outcome: 'WECHAT_REFUSED', attempts: 2 },
      { operation: 'applyServicePermission', outcome: 'WECHAT_REFUSED', attempts: 1 },
    ]);
  });

  test('a permission that does not exist is null', async () => {
    expect(await shown({ authorizationCode: 'no-such-code' })).toBeNull();
  });

  test('invalid input is refused with its paths, and nothing is sent', async () => {
    expect(await apply({ authorizationCode: '', notifyUrl: 'http://x.example/?a' })).toMatchObject({
      issues: [
        { path: ['authorizationCode'], code: 'REQUIRED' },
        { path: ['notifyUrl'], code: 'BAD_FORMAT' },
      ],
    });
    const by = { authorizationCode: '..' };
    expect(await terminate({ by, reason: 'x'.repeat(51) })).toMatchObject({
      issues: [
        { path: ['by', 'authorizationCode'], code: 'BAD_CHARACTER' },
        { path: ['reason'], code: 'TOO_LONG' },
      ],
    });
    expect(await run(QUERY, { by })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    expect(fixture.calls()).toEqual([]);
  });

  test('permissions are not for end users', async () => {
    const by = { openid: OPENID };
    const message = 'Requires the scopes permissions:read and orders:any.';
    expect(await run(QUERY, { by }, 'shopper')).toMatchObject({ errors: [{ message }] });
    expect(await run(TERMINATE, { input: { by, reason: 'x' } }, 'shopper')).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect(fixture.calls()).toEqual([]);
  });
});
