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
