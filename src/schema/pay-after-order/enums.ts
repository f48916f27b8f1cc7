import { builder } from '../builder.ts';
import type { SchemaLog } from '../context.ts';
import { knownValue, unknownValue } from '../enum-values.ts';

export const PayAfterOrderState = builder.enumType('PayAfterOrderState', {
  description:
    '订单状态: the state of an order: CREATED, USER_ACCEPTED, FINISHED, USER_PAID in this order, or an end by REVOKED or EXPIRED. It only moves forward; you may not see every state.',
  values: {
    CREATED: {
      description:
        '商户下单已受理: created, but not confirmed by the user. Do not start the service yet. If the user does not confirm within an hour, it becomes EXPIRED.',
    },
    USER_ACCEPTED: {
      description:
        '用户成功使用服务: the user has confirmed the order: start the service. It can be completed.',
    },
    FINISHED: {
      description:
        '商户完结订单: the merchant has completed the order. WeChat Pay collects a totalAmount of more than 0 by itself, and the state then becomes USER_PAID. No state shows that collecting failed; WeChat Pay does not document how long it retries. Nor does it document what follows for a totalAmount of 0, or whether finishType UNUSED leads to this state: do not wait for USER_PAID in these cases.',
    },
    USER_PAID: { description: '用户订单支付成功: the user has paid. Final.' },
    REVOKED: { description: '商户撤销订单: the order was canceled. Final.' },
    EXPIRED: { description: '订单已失效: the user did not confirm it within an hour. Final.' },
    UNKNOWN: {
      description:
        'A state that this server version does not know. The raw value is in `stateRaw`. Do not treat it as confirmed or paid.',
    },
  },
});
type State = typeof PayAfterOrderState.$inferType;

export const PayAfterFinishType = builder.enumType('PayAfterFinishType', {
  description: '完结类型: how an order was completed.',
  values: {
    UNUSED: { description: '未使用服务，取消订单: the service was not used (WeChat Pay value 1).' },
    FINISHED: { description: '完成服务使用，结束订单: the service was used (WeChat Pay value 2).' },
    UNKNOWN: { description: 'A value that this server version does not know.' },
  },
});

export const PayAfterFinishTypeInput = builder.enumType('PayAfterFinishTypeInput', {
  description: '完结类型: how to complete an order.',
  values: {
    UNUSED: {
      description:
        '未使用服务，取消订单: the service was not used, and the user pays nothing (WeChat Pay value 1). Unlike cancelPayAfterOrder, this completes the order, with totalAmount 0. For a service that was used and is free, WeChat Pay does not document which value to use: the similar product 智慧零售 (smart retail) uses this one, service orders complete with totalAmount 0.',
    },
    FINISHED: { description: '完成服务使用，结束订单: the service was used (WeChat Pay value 2).' },
  },
});
type FinishType = typeof PayAfterFinishType.$inferType;

const STATES = ['CREATED', 'USER_ACCEPTED', 'FINISHED', 'USER_PAID', 'REVOKED', 'EXPIRED'] as const;

export function toState(word: string, log: SchemaLog): State {
  return knownValue(STATES, 'state', word, log);
}

export function toFinishType(number: number | null, log: SchemaLog): FinishType | null {
  switch (number) {
    case null:
      return null;
    case 1:
      return 'UNUSED';
    case 2:
      return 'FINISHED';
    default:
      return unknownValue('finish_type', number, log);
  }
}
