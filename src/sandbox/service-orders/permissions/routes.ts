import { beijingRfc3339 } from '../../clock.ts';
import { type JsonObject, textOf } from '../../http/json.ts';
import { opaque } from '../../random.ts';
import type { SandboxRules } from '../../rules.ts';
import type { SandboxState } from '../../sandbox.ts';
import { type Finding, fieldFindings } from '../../validation/body-findings.ts';
import { readObject } from '../../validation/body-object.ts';
import { isText, longest, required } from '../../validation/field-checks.ts';
import { APPID, confirmed, type FieldRule, SERVICE_ID } from '../../validation/field-rules.ts';
import { NO_CONTENT, NUMBER, success } from '../../wechat/answer.ts';
import { invalidRequest, noSuchResource } from '../../wechat/refusal.ts';
import { mustBeBound, requiredParameter } from '../../wechat/routes/parameters.ts';
import type { Outcome, Route, WechatCall } from '../../wechat/routes/route.ts';
import type { ServicePermission } from './permission.ts';
import { endPermission, hasOpenOrders } from './steps.ts';

const PATH = '/v3/payscore/permissions';
const BY_CODE = `${PATH}/authorization-code/{authorization_code}`;
const BY_OPENID = `${PATH}/openid/{openid}`;

const APPLY: readonly FieldRule[] = [
  ...SERVICE_ID,
  ...APPID,
  ...confirmed('authorization_code', required, isText),
  ...confirmed('notify_url', isText, longest(255)),
];
const REASON = confirmed('reason', required, isText, longest(50));

function findingsOf(fields: readonly FieldRule[]) {
  return (wire: JsonObject, rules: SandboxRules): Iterable<Finding> =>
    fieldFindings(wire, { fields, lists: {} }, rules);
}

/** 商户预授权: the token opens the page on which the user permits it. */
const apply: Route = {
  kind: 'permission',
  method: 'POST',
  path: PATH,
  handle: (call, sandbox) => {
    const wire = readObject(call.body, (sent) => findingsOf(APPLY)(sent, sandbox.rules));
    mustBeBound(wire['appid'], wire['service_id'], sandbox);
    const authorizationCode = textOf(wire, 'authorization_code') ?? '';
    const known = sandbox.permissions.find(authorizationCode);
    const notifyUrl = textOf(wire, 'notify_url');
    const fresh: ServicePermission = {
      authorizationCode,
      state: 'UNBINDUSER',
      appliedAtMs: sandbox.clock.now(),
      ...(notifyUrl !== undefined && { notifyUrl }),
    };
    const token = opaque(96);
    const applied = { ...(known ?? fresh), token, tokenAtMs: sandbox.clock.now() };
    return {
      answer: success({ apply_permissions_token: token }),
      commit: () => sandbox.permissions.put(applied),
    };
  },
};

const queryByCode: Route = {
  kind: 'permission',
  method: 'GET',
  path: BY_CODE,
  handle: (call, sandbox) => {
    const { WECHAT_APPID } = sandbox.identity.credentials;
    mustBeBound(WECHAT_APPID, requiredParameter(call.query, 'service_id'), sandbox);
    return { answer: success(view(permissionOf(call, sandbox), sandbox)) };
  },
};

const queryByOpenid: Route = {
  kind: 'permission',
  method: 'GET',
  path: BY_OPENID,
  handle: (call, sandbox) => {
    const appid = requiredParameter(call.query, 'appid');
    mustBeBound(appid, requiredParameter(call.query, 'service_id'), sandbox);
    const { notify_url: _left, ...shown } = view(permissionOf(call, sandbox), sandbox);
    return { answer: success(shown) };
  },
};

const terminateByCode: Route = {
  kind: 'permission',
  method: 'POST',
  path: `${BY_CODE}/terminate`,
  handle: (call, sandbox) => {
    const find = findingsOf([...SERVICE_ID, ...REASON]);
    const wire = readObject(call.body, (sent) => find(sent, sandbox.rules));
    mustBeBound(sandbox.identity.credentials.WECHAT_APPID, wire['service_id'], sandbox);
    return terminate(permissionOf(call, sandbox), sandbox);
  },
};

const terminateByOpenid: Route = {
  kind: 'permission',
  method: 'POST',
  path: `${BY_OPENID}/terminate`,
  handle: (call, sandbox) => {
    const find = findingsOf([...SERVICE_ID, ...APPID, ...REASON]);
    const wire = readObject(call.body, (sent) => find(sent, sandbox.rules));
    mustBeBound(wire['appid'], wire['service_id'], sandbox);
    return terminate(permissionOf(call, sandbox), sandbox);
  },
};

export const permissionRoutes: readonly Route[] = [
  apply,
  queryByCode,
  queryByOpenid,
  terminateByCode,
  terminateByOpenid,
];

function permissionOf(call: WechatCall, { permissions }: SandboxState): ServicePermission {
  const code = call.pathValues.get('authorization_code');
  const permission =
    code === undefined
      ? permissions.findByOpenid(call.pathValues.get('openid') ?? '')
      : permissions.find(code);
  if (!permission) {
    throw noSuchResource('授权记录不存在');
  }
  return permission;
}

/** Refused while orders of the user are open. What has ended stays so. */
function terminate(permission: ServicePermission, sandbox: SandboxState): Outcome {
  if (permission.state === 'UNAVAILABLE') {
    return { answer: NO_CONTENT };
  }
  if (hasOpenOrders(permission, sandbox)) {
    throw invalidRequest('存在未完成订单，不能解除授权', NUMBER.unlisted);
  }
  return { answer: NO_CONTENT, commit: () => endPermission(permission, sandbox) };
}

function view(permission: ServicePermission, { identity }: SandboxState): JsonObject {
  const { WECHAT_APPID, WECHAT_MCHID, WECHAT_SERVICE_ID } = identity.credentials;
  const { authorizationCode, state, openid, notifyUrl, grantedAtMs, endedAtMs } = permission;
  return {
    service_id: WECHAT_SERVICE_ID,
    appid: WECHAT_APPID,
    mchid: WECHAT_MCHID,
    authorization_code: authorizationCode,
    authorization_state: state,
    ...(openid !== undefined && { openid }),
    ...(notifyUrl !== undefined && { notify_url: notifyUrl }),
    ...(grantedAtMs !== undefined && { authorization_success_time: beijingRfc3339(grantedAtMs) }),
    ...(endedAtMs !== undefined && { cancel_authorization_time: beijingRfc3339(endedAtMs) }),
  };
}
