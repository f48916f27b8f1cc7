import { createHmac } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../http/json.ts';
import { controlView } from '../orders/order-views.ts';
import type { SandboxState } from '../sandbox.ts';
import { serviceOrderControlView } from '../service-orders/views.ts';
import type { Control } from './control.ts';
import { ControlError, readInput } from './control-input.ts';

const HOUR_MS = 60 * 60 * 1000;
const NONCE = /^[A-Za-z0-9]{1,32}$/;
const TYPES = ['wxpayScoreUse', 'wxpayScoreDetail', 'wxpayScoreEnable'] as const;

type Parameters = Readonly<Record<string, string>>;

/** Opens a page of WeChat Pay from what a front end passes to wx.openBusinessView. */
export const launchControl: Control = {
  method: 'POST',
  path: '/sandbox/launch',
  zh: '如微信客户端一样打开页面：校验签名，package 一小时内有效且仅可用一次',
  en: 'open a page as the WeChat app does: checks the signature; a package works once, for an hour',
  example: '{"businessType":"wxpayScoreUse","extraData":{"package":"…"}}',
  handle: ({ body }, sandbox) => {
    // Other members, such as queryString, may be there: launch data can be passed as it is.
    const type = readInput(body).oneOf('businessType', TYPES);
    const parameters = parametersOf(body);
    switch (type) {
      case 'wxpayScoreUse':
        return openConfirmation(parameters, sandbox);
      case 'wxpayScoreDetail':
        return openOrder(parameters, sandbox);
      case 'wxpayScoreEnable':
        return openPermission(parameters, sandbox);
    }
  },
};

function parametersOf(body: unknown): Parameters {
  const data: unknown = isJsonObject(body) ? body['extraData'] : undefined;
  if (!isJsonObject(data) || !areTexts(data)) {
    throw new ControlError(400, 'extraData is an object of strings');
  }
  return data;
}

function areTexts(data: JsonObject): data is Parameters {
  return Object.values(data).every((value) => typeof value === 'string');
}

function openConfirmation(parameters: Parameters, sandbox: SandboxState): object {
  const { clock, orders, rules, serviceOrders } = sandbox;
  const launchPackage = parameters['package'] ?? '';
  if (launchPackage === '') {
    throw refused(4185, 'the package is empty');
  }
  const service = serviceOrders.findByPackage(launchPackage, clock.now());
  if (service) {
    // Nothing needs a signature here, but one that is there must be right.
    if (parameters['sign'] !== undefined) {
      mustBeSigned(parameters, sandbox);
    }
    mustBeFresh(service.opened, service.packageAtMs, sandbox);
    serviceOrders.put({ ...service, opened: true });
    return { page: 'confirm', ...serviceOrderControlView(service) };
  }
  const order = orders.all(clock.now()).find((one) => one.launchPackage === launchPackage);
  if (!order) {
    throw refused(4186, 'the package is unknown');
  }
  if (rules.unsignedLaunch === 'refused' || parameters['sign'] !== undefined) {
    mustBeSigned(parameters, sandbox);
  }
  mustBeFresh(order.opened, order.createdAtMs, sandbox);
  orders.put({ ...order, opened: true });
  return { page: 'confirm', ...controlView(order) };
}

function mustBeFresh(opened: boolean | undefined, sinceMs: number, sandbox: SandboxState): void {
  if (sandbox.clock.now() - sinceMs >= HOUR_MS) {
    throw refused(4186, 'the package is older than an hour');
  }
  if (opened && sandbox.rules.packageSingleUse) {
    throw new ControlError(409, '未获得权益，系统繁忙: the package was used before');
  }
}

function openOrder(parameters: Parameters, sandbox: SandboxState): object {
  const { clock, orders, serviceOrders } = sandbox;
  mustBeSigned(parameters, sandbox);
  mustBeOfService(parameters, sandbox);
  const outOrderNo = parameters['out_order_no'] ?? '';
  const service = serviceOrders.find(outOrderNo, clock.now());
  if (service) {
    return { page: 'order', ...serviceOrderControlView(service) };
  }
  const order = orders.find(outOrderNo, clock.now());
  if (!order) {
    throw refused(3961, 'no order has this out_order_no');
  }
  return { page: 'order', ...controlView(order) };
}

function openPermission(parameters: Parameters, sandbox: SandboxState): object {
  const { clock, permissions } = sandbox;
  const token = parameters['apply_permissions_token'];
  if (token === undefined) {
    mustBeSigned(parameters, sandbox);
    mustBeOfService(parameters, sandbox);
    if (!parameters['out_request_no']) {
      throw new ControlError(409, '商户请求错误: the out_request_no is empty');
    }
    return { page: 'authorization' };
  }
  const permission = permissions.findByToken(token);
  if (!permission || clock.now() - (permission.tokenAtMs ?? 0) >= HOUR_MS) {
    const why = permission ? 'is older than an hour' : 'is unknown';
    throw new ControlError(409, `商户请求错误: the apply_permissions_token ${why}`);
  }
  return { page: 'permission', ...permission };
}

function mustBeOfService(parameters: Parameters, { identity }: SandboxState): void {
  if (parameters['service_id'] !== identity.credentials.WECHAT_SERVICE_ID) {
    throw refused(4189, 'the service_id is not the merchant’s');
  }
}

/** The parameters sorted by name, then the APIv2 key, in HMAC-SHA256 as upper-case hex. */
function mustBeSigned(parameters: Parameters, { identity }: SandboxState): void {
  const { WECHAT_APIV2_KEY, WECHAT_MCHID } = identity.credentials;
  const { sign, ...signed } = parameters;
  if (signed['mch_id'] !== WECHAT_MCHID) {
    throw refused(4188, 'the mch_id is not the merchant’s');
  }
  const message = Object.keys(signed)
    .toSorted()
    .filter((name) => signed[name] !== '')
    .map((name) => `${name}=${signed[name]}`)
    .join('&');
  const expected = createHmac('sha256', WECHAT_APIV2_KEY)
    .update(`${message}&key=${WECHAT_APIV2_KEY}`)
    .digest('hex')
    .toUpperCase();
  if (!NONCE.test(signed['nonce_str'] ?? '')) {
    throw new ControlError(409, '商户请求错误: the nonce_str is not 1 to 32 letters and digits');
  }
  const isInSeconds = /^\d{10}$/.test(signed['timestamp'] ?? '');
  if (!isInSeconds || signed['sign_type'] !== 'HMAC-SHA256' || sign !== expected) {
    throw new ControlError(409, '未获得权益，系统繁忙: the signature with the APIv2 key is wrong');
  }
}

/** WeChat Pay's message to the user, with the number of its published list. */
function refused(number: 3961 | 4185 | 4186 | 4188 | 4189, why: string): ControlError {
  return new ControlError(409, `商户请求错误，错误码:27131${number}: ${why}`);
}
