import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { InvalidInputError } from '../../orders/rules/input-issue.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { builder } from '../builder.ts';
import { UserError } from '../errors.ts';
import { PayAfterOrderState, toState } from './enums.ts';

builder.objectType(OrderNotFoundError, {
  name: 'OrderNotFoundError',
  description: 'There is no such order (订单不存在), or it belongs to another end user.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号 of the input.',
    }),
  }),
});

builder.objectType(OrderStateError, {
  name: 'OrderStateError',
  description: 'The state of the order does not allow the operation (订单状态错误).',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号 of the input.',
    }),
    state: t.field({
      type: PayAfterOrderState,
      description: 'The current state; null if a query could not determine it.',
      resolve: ({ state }, _, { log }) => (state === null ? null : toState(state, log)),
    }),
  }),
});

builder.objectType(OrderConflictError, {
  name: 'OrderConflictError',
  description:
    'The outOrderNo is already used by a different order, or by this operation with different input (订单重入参数校验失败). Use a new outOrderNo, or query the order that has it.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the number that is already used.',
    }),
  }),
});

const UnknownOutcomeReason = builder.enumType('UnknownOutcomeReason', {
  description: 'Why it is unknown whether a write took effect.',
  values: {
    TIMEOUT: { description: 'The request to WeChat Pay timed out.' },
    CONNECTION: {
      description:
        'The connection to WeChat Pay was lost before the whole response arrived, or no query has shown whether an earlier call took effect.',
    },
    SERVER_ERROR: {
      description:
        'WeChat Pay returned a server error (5xx), or had not finished the request (202).',
    },
    UNTRUSTED_ANSWER: {
      description: 'The response had no valid signature of WeChat Pay.',
    },
  },
});

/** The schema has no word of its own for what no query has determined. */
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

builder.objectType(OrderOutcomeUnknownError, {
  name: 'OutcomeUnknownError',
  description:
    'It is unknown whether the write took effect. Retry with the identical input, which never creates a second order, or query by outOrderNo. Do not use a new outOrderNo until the outcome is known.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the number to query.',
    }),
    reason: t.field({
      type: UnknownOutcomeReason,
      nullable: false,
      description: 'Why the outcome is unknown.',
      resolve: ({ reason }) => REASONS[reason],
    }),
  }),
});

/** The errors of complete, cancel and sync. */
export const CHANGE_ERRORS = [
  InvalidInputError,
  OrderNotFoundError,
  OrderStateError,
  OrderConflictError,
  WechatRefusedError,
  WechatUnavailableError,
  OrderOutcomeUnknownError,
  LedgerUnavailableError,
];
