import { LedgerUnavailableError } from '../../ledger/ledger-deadline.ts';
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
  description: 'WeChat Pay knows no such order (订单不存在), or the caller may not know of it.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号, as given.',
    }),
  }),
});

builder.objectType(OrderStateError, {
  name: 'OrderStateError',
  description: 'The state of the order does not allow it (订单状态错误).',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号, as given.',
    }),
    state: t.field({
      type: PayAfterOrderState,
      description: 'The present state; null where a query could not tell.',
      resolve: ({ state }, _, { log }) => (state === null ? null : toState(state, log)),
    }),
  }),
});

builder.objectType(OrderConflictError, {
  name: 'OrderConflictError',
  description:
    'The outOrderNo stands for another order already (订单重入参数校验失败). Take a new number, or query the order that has it.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the number that is taken.',
    }),
  }),
});

const UnknownOutcomeReason = builder.enumType('UnknownOutcomeReason', {
  description: 'Why it is not known whether a write took effect.',
  values: {
    TIMEOUT: { description: 'No answer came in time.' },
    CONNECTION: {
      description:
        'The connection broke before the whole answer was there, or no query has shown whether an earlier call took effect.',
    },
    SERVER_ERROR: { description: 'WeChat Pay answered with a fault of its own (5xx or 202).' },
    UNTRUSTED_ANSWER: {
      description: "What answered could not be proved to be WeChat Pay: its signature didn't hold.",
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
    'The order may or may not exist. Repeat the very same call, which never makes a second order, or query by outOrderNo. Do not take a new number before the old one is known to be free.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: '商户服务订单号: the number to query.',
    }),
    reason: t.field({
      type: UnknownOutcomeReason,
      nullable: false,
      description: 'What was last seen of the call.',
      resolve: ({ reason }) => REASONS[reason],
    }),
  }),
});

/** What complete, cancel and sync may end in, other than success. */
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
