import { announceOrder } from '../../notifications/events.ts';
import { createAnswer } from '../../orders/order-views.ts';
import { newOrder, type Order, sameParameters } from '../../orders/orders.ts';
import type { SandboxState } from '../../sandbox.ts';
import { at } from '../../validation/body-object.ts';
import { type CreateRequest, readCreate } from '../../validation/create-findings.ts';
import { endsTooSoon } from '../../validation/service-times.ts';
import { NUMBER, success } from '../answer.ts';
import { findPlatformKey } from '../platform-keys.ts';
import { invalidRequest, paramError } from '../refusal.ts';
import { decryptSensitive } from '../sensitive.ts';
import { mustBeBoundByAnalogy } from './parameters.ts';
import type { Route } from './route.ts';

/**
 * 创建先享后付订单. The same number with the same parameters is the same order, whatever its state; with
 * other parameters it is refused with the detailed error number 271316598.
 */
export const create: Route = {
  kind: 'create',
  method: 'POST',
  path: '/v3/payscore/payafter-orders',
  handle: (call, sandbox) => {
    const { clock, identity, orders, rules } = sandbox;
    const request = readCreate(call.body, rules);
    mustBeBoundByAnalogy(request.wire['appid'], request.wire['service_id'], sandbox);
    const personalData = decryptSensitive(request.wire, call.platformSerial, (serial) =>
      findPlatformKey(serial, identity, rules),
    );
    const answerFor = (order: Order) =>
      success(createAnswer(order, identity.credentials.WECHAT_MCHID, rules));

    const existing = orders.find(request.outOrderNo, clock.now());
    if (existing) {
      const { analogyRules, reencryptedFieldsDiffer } = rules;
      const isSame = sameParameters(existing, request.wire, personalData, reencryptedFieldsDiffer);
      if (analogyRules && !isSame) {
        throw invalidRequest('订单重入参数校验失败', NUMBER.reentryDiffers);
      }
      return { answer: answerFor(existing) };
    }

    // Only a first call can be too late: a repeat counts as made at the time of the first.
    mustBeAcceptable(request, sandbox);
    const order = newOrder(request, personalData, clock.now());
    return { answer: answerFor(order), commit: () => enter(order, sandbox) };
  },
};

function enter(order: Order, sandbox: SandboxState): void {
  sandbox.orders.put(order);
  if (sandbox.rules.notifyAcceptedAtCreate) {
    announceOrder(order, sandbox);
  }
}

function mustBeAcceptable(request: CreateRequest, { clock, rules, users }: SandboxState): void {
  if (rules.analogyRules && endsTooSoon(request.serviceEndTime, clock.now())) {
    const issue = 'not more than a minute after the call, or before its day';
    throw paramError('参数错误', at('/service_end_time', issue));
  }
  const { needUserConfirm, openid } = request;
  if (!needUserConfirm && openid !== undefined && users.stateOf(openid) !== 'AVAILABLE') {
    throw invalidRequest('用户未授权服务，不能创建免确认订单', NUMBER.noPermission);
  }
}
