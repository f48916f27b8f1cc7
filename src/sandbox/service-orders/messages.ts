import type { JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, fieldFindings } from '../validation/body-findings.ts';
import { readObject } from '../validation/body-object.ts';
import { isInteger, required, shapedLike } from '../validation/field-checks.ts';
import { confirmed, FEN, type FieldRule, realTime, SERVICE_ID } from '../validation/field-rules.ts';
import { NO_CONTENT, NUMBER } from '../wechat/answer.ts';
import { invalidRequest, orderNotFound } from '../wechat/refusal.ts';
import { mustBeBound } from '../wechat/routes/parameters.ts';
import type { Route } from '../wechat/routes/route.ts';
import { PATH } from './create.ts';
import { LISTS, PAYMENT, paymentFindings } from './fields.ts';
import { FINAL_DISCOUNT } from './operation-findings.ts';
import type { Message } from './service-order.ts';

const FIELDS: readonly FieldRule[] = [
  ...SERVICE_ID,
  ...confirmed('post_payments', required),
  ...LISTS,
  ...confirmed('total_amount', required, isInteger, FEN),
  ...confirmed('prepaid_time', required, shapedLike(/^\d{8}$/, 'yyyyMMdd'), realTime),
];

function* messageFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  const lists = { post_payments: PAYMENT, post_discounts: FINAL_DISCOUNT };
  yield* fieldFindings(wire, { fields: FIELDS, lists }, rules);
  yield* paymentFindings(wire);
}

/** A message about money that the user gets: once for each order. */
function message(name: Message): Route {
  return {
    kind: 'message',
    method: 'POST',
    path: `${PATH}/{out_order_no}/${name}`,
    handle: (call, sandbox) => {
      const { clock, identity, rules, serviceOrders } = sandbox;
      const wire = readObject(call.body, (sent) => messageFindings(sent, rules));
      mustBeBound(identity.credentials.WECHAT_APPID, wire['service_id'], sandbox);
      const order = serviceOrders.find(call.pathValues.get('out_order_no') ?? '', clock.now());
      if (!order) {
        throw orderNotFound();
      }
      if (order.messages.includes(name)) {
        throw invalidRequest('消息已下发', NUMBER.unlisted);
      }
      const notified = { ...order, messages: [...order.messages, name] };
      return { answer: NO_CONTENT, commit: () => serviceOrders.put(notified) };
    },
  };
}

/** 下发服务预扣费消息 and 下发服务费用待处理消息. */
export const messageRoutes: readonly Route[] = [
  message('send-prepaidmessage'),
  message('send-pendingmessage'),
];
