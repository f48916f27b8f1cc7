import type { OrderStatus } from '../../domain/order-state.ts';
import { readPayAfterState } from '../../domain/pay-after-state-machine.ts';
import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { InvalidInputError } from '../../orders/rules/field-rules.ts';
import {
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  type ServiceOrderPhase,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { builder } from '../builder.ts';
import {
  CONFLICT,
  INPUT_ORDER_NUMBER,
  NEVER_TWICE,
  SAME_INPUT,
  STATE_RAW,
} from '../descriptions.ts';
import { UserError } from '../errors.ts';
import { PayAfterOrderState, toState } from '../pay-after-order/enums.ts';
import { OrderStatusEnum } from './enums.ts';

builder.objectType(OrderNotFoundError, {
  name: 'OrderNotFoundError',
  description:
    'There is no such order for this caller (订单不存在): it does not exist under this appid and serviceId, or a caller without orders:any does not own it. Check outOrderNo, appid and serviceId.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: INPUT_ORDER_NUMBER,
    }),
  }),
});

builder.objectType(OrderStateError, {
  name: 'OrderStateError',
  description:
    'The state of the order does not allow the operation (订单状态错误). Do not retry: query the order and continue from its state.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: INPUT_ORDER_NUMBER,
    }),
    state: t.field({
      type: PayAfterOrderState,
      description:
        'The current state of a pay-after order (订单状态). Null for a service order, and if a query could not determine it.',
      resolve: ({ state, phase }, _, { log }) =>
        state === null || phase !== null ? null : toState(state, log),
    }),
    orderStatus: t.field({
      type: OrderStatusEnum,
      description:
        'The current status of the order (订单状态), with the same values for both products. Null if a query could not determine it.',
      resolve: statusOfRefused,
    }),
    stateRaw: t.exposeString('state', {
      description: `${STATE_RAW} Null if a query could not determine it.`,
    }),
  }),
});

function statusOfRefused({ state, phase }: OrderStateError): OrderStatus | null {
  if (phase !== null) {
    return STATUS_OF[phase];
  }
  return state === null ? null : readPayAfterState(state).status;
}

const STATUS_OF: Readonly<Record<ServiceOrderPhase, OrderStatus>> = {
  created: 'CREATED',
  accepted: 'ACCEPTED',
  completed: 'COMPLETED',
  done: 'PAID',
  revoked: 'CANCELED',
  expired: 'EXPIRED',
  unknown: 'UNKNOWN',
};

builder.objectType(OrderBusyError, {
  name: 'OrderBusyError',
  description:
    'WeChat Pay is collecting the payment of the order, or the user is paying it at this moment (单据正在扣款中). Nothing changed: retry the same call after `retryAfterSeconds`, or query the order, which may be paid by then.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: INPUT_ORDER_NUMBER,
    }),
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description: 'Seconds to wait before a retry. Always set, although the type allows null.',
    }),
  }),
});

builder.objectType(OrderConflictError, {
  name: 'OrderConflictError',
  description: `The outOrderNo was already used with different input or for another user (订单重入参数校验失败). createPayAfterOrder, createServiceOrder: query that order; for a different order use a new outOrderNo. If the query returns null: if you never used the number before, it belongs to another user: use a new one; if you did, that earlier call may still take effect: retry it with its own input. Other mutations: an earlier call of the same operation took effect, or may have taken effect, with different input; query the order, and do not change the outOrderNo. ${CONFLICT} ${SAME_INPUT}`,
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the order number that is already used.',
    }),
  }),
});

export const UnknownOutcomeReason = builder.enumType('UnknownOutcomeReason', {
  description: 'Why it is unknown whether a write took effect.',
  values: {
    TIMEOUT: { description: 'The request to WeChat Pay timed out.' },
    CONNECTION: {
      description:
        'The connection to WeChat Pay was lost before the response was complete, or the outcome of an earlier call is still unknown.',
    },
    SERVER_ERROR: {
      description:
        'WeChat Pay returned a server error (5xx), or had not finished the request (202).',
    },
    UNTRUSTED_ANSWER: {
      description:
        'The response had no valid signature of WeChat Pay or did not belong to the request, or no query could confirm its effect.',
    },
  },
});

/** The schema has no value of its own for what no query has determined. */
const REASONS = {
  TIMEOUT: 'TIMEOUT',
  CONNECTION: 'CONNECTION',
  SERVER_ERROR: 'SERVER_ERROR',
  UNTRUSTED_ANSWER: 'UNTRUSTED_ANSWER',
  UNDETERMINED: 'CONNECTION',
} as const satisfies Record<
  OrderOutcomeUnknownError['reason'],
  typeof UnknownOutcomeReason.$inferType
>;

/** Why an outcome is unknown, as the schema names it. */
export function reasonOf(
  reason: OrderOutcomeUnknownError['reason'],
): typeof UnknownOutcomeReason.$inferType {
  return REASONS[reason];
}

builder.objectType(OrderOutcomeUnknownError, {
  name: 'OutcomeUnknownError',
  description: `It is unknown whether the write took effect. Retry with identical input, with increasing waits, until the result is another one, but not LEDGER_UNAVAILABLE, WECHAT_UNAVAILABLE or ORDER_BUSY, which say nothing about the earlier call: ${NEVER_TWICE} A query that finds no order, or the old state, does not prove that the write failed. Do not use a new outOrderNo until the outcome is known.`,
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the number to retry with, or to query.',
    }),
    reason: t.field({
      type: UnknownOutcomeReason,
      nullable: false,
      description: 'Why the outcome is unknown.',
      resolve: ({ reason }) => reasonOf(reason),
    }),
  }),
});

/** The errors of complete, cancel and sync. */
export const CHANGE_ERRORS = [
  InvalidInputError,
  OrderNotFoundError,
  OrderStateError,
  OrderBusyError,
  OrderConflictError,
  WechatRefusedError,
  WechatUnavailableError,
  OrderOutcomeUnknownError,
  LedgerUnavailableError,
];
