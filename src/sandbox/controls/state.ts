import { beijingRfc3339 } from '../clock.ts';
import { isJsonObject } from '../http/json.ts';
import { rotateCertificate } from '../identity.ts';
import { USE_SERVICE_STATES } from '../orders/users.ts';
import { setUser as setAuthorization } from '../service-orders/permissions/steps.ts';
import { changeRules } from './change-rules.ts';
import type { Control } from './control.ts';
import { ControlError, readInput } from './control-input.ts';

const MOST_SECONDS = 10 * 366 * 86_400;

const credentials: Control = {
  method: 'GET',
  path: '/sandbox/credentials',
  zh: '商户凭据，键名即环境变量名',
  en: "the merchant's credentials, named as environment variables",
  handle: (_call, sandbox) => sandbox.credentials(),
};

const platformCertificate: Control = {
  method: 'GET',
  path: '/sandbox/platform-certificate',
  zh: '微信支付平台证书 (PEM)',
  en: 'the platform certificate',
  handle: (_call, sandbox) => sandbox.identity.certificates[0].pem,
};

const rotate: Control = {
  method: 'POST',
  path: '/sandbox/platform-certificate',
  zh: '更换平台证书，旧证书仍有效',
  en: 'issue a new platform certificate; earlier ones remain valid',
  handle: async (_call, { identity, realNow }) => {
    await rotateCertificate(identity, realNow());
    return { serials: identity.certificates.map(({ serial }) => serial) };
  },
};

export const identityControls: readonly Control[] = [credentials, platformCertificate, rotate];

const setUser: Control = {
  method: 'POST',
  path: '/sandbox/users/{openid}',
  zh: '设置用户授权状态，有变化则发送通知',
  en: 'set whether a user has authorized the service; a change sends a notification',
  example: '{"useServiceState":"UNAVAILABLE"}',
  handle: ({ pathValues, body }, sandbox) => {
    const input = readInput(body);
    const useServiceState = input.oneOf('useServiceState', USE_SERVICE_STATES);
    input.refuseOthers();
    const openid = pathValues.get('openid') ?? '';
    setAuthorization(openid, useServiceState, sandbox);
    return { openid, useServiceState };
  },
};

const advanceClock: Control = {
  method: 'POST',
  path: '/sandbox/clock',
  zh: '拨快业务时钟；签名始终用真实时间',
  en: 'advance the business clock; signatures use real time',
  example: '{"advanceSeconds":3600}',
  handle: ({ body }, { clock }) => {
    const input = readInput(body);
    const seconds = input.integer('advanceSeconds', { min: 0, max: MOST_SECONDS });
    input.refuseOthers();
    clock.advance(seconds);
    return { now: beijingRfc3339(clock.now()) };
  },
};

const showRules: Control = {
  method: 'GET',
  path: '/sandbox/rules',
  zh: '微信文档未说明之处，沙箱的取舍',
  en: 'behavior that WeChat Pay does not document',
  handle: (_call, sandbox) => sandbox.rules,
};

const setRules: Control = {
  method: 'POST',
  path: '/sandbox/rules',
  zh: '改变取舍',
  en: 'change some of these rules',
  example: '{"payBeforeComplete":false}',
  handle: ({ body }, sandbox) => {
    if (!isJsonObject(body)) {
      throw new ControlError(400, 'expected a JSON object of rules');
    }
    try {
      sandbox.rules = changeRules(sandbox.rules, body);
    } catch (error) {
      throw error instanceof TypeError ? new ControlError(400, error.message) : error;
    }
    return sandbox.rules;
  },
};

export const stateControls: readonly Control[] = [setUser, advanceClock, showRules, setRules];
