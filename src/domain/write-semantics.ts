import type { OrderProduct } from './order-state.ts';

/** A write to an order; `modify` and `collect` are of service orders only. */
export type WriteOperation = (typeof OPERATIONS)[number];

export const OPERATIONS = ['create', 'complete', 'modify', 'cancel', 'collect', 'sync'] as const;

/** What one write to WeChat Pay is compared with, and what a repeat does. */
export interface WriteSemantics {
  /** What of a call is compared with an earlier one of the same order and operation. */
  readonly compared: 'input and owner' | 'input' | 'input without ticket';
  /**
   * What an earlier call with other input means. `conflict`: the operation happens once in the life
   * of an order. `conflict while open`: it may happen again when the outcome of the earlier one is
   * known; one that a later one has replaced is not sent again.
   */
  readonly otherInput: 'conflict' | 'conflict while open';
  /**
   * What a call with the same input does. `send same bytes`: WeChat Pay documents that it succeeds
   * again. `query, then send`: it does not document that; the same bytes are sent only if a query shows
   * that the earlier call has no effect. `send each time`: every call is one more request.
   */
  readonly repeat: 'send same bytes' | 'query, then send' | 'send each time';
  /** What a query compares when the outcome of an attempt is not known. */
  readonly resolvedBy:
    | 'what was created'
    | 'total amount'
    | 'amount to collect'
    | 'state'
    | 'state and who collected';
}

const CREATE: WriteSemantics = {
  compared: 'input and owner',
  otherInput: 'conflict',
  repeat: 'send same bytes',
  resolvedBy: 'what was created',
};
const COMPLETE: WriteSemantics = {
  compared: 'input',
  otherInput: 'conflict',
  repeat: 'send same bytes',
  resolvedBy: 'total amount',
};
const CANCEL: WriteSemantics = {
  compared: 'input',
  otherInput: 'conflict',
  repeat: 'send same bytes',
  resolvedBy: 'state',
};
const SYNC: WriteSemantics = {
  compared: 'input',
  otherInput: 'conflict',
  repeat: 'send same bytes',
  resolvedBy: 'state and who collected',
};

/**
 * The semantics of every write, one row each. WeChat Pay's own refusals mean the same for all of them:
 * see `REFUSALS` of the client. While a debit runs, WeChat Pay refuses a write to a completed order as
 * busy, which is an error of its own: nothing changed, and the same call works later.
 */
export const WRITE_SEMANTICS = {
  PAY_AFTER: {
    create: CREATE,
    complete: { ...COMPLETE, compared: 'input without ticket' },
    cancel: CANCEL,
    sync: SYNC,
  },
  SERVICE_ORDER: {
    create: CREATE,
    complete: COMPLETE,
    modify: {
      compared: 'input',
      otherInput: 'conflict while open',
      repeat: 'query, then send',
      resolvedBy: 'amount to collect',
    },
    cancel: CANCEL,
    collect: {
      compared: 'input',
      otherInput: 'conflict while open',
      repeat: 'send each time',
      resolvedBy: 'state and who collected',
    },
    sync: { ...SYNC, repeat: 'query, then send' },
  },
} as const satisfies Record<OrderProduct, Partial<Record<WriteOperation, WriteSemantics>>>;

/** The row of a write. */
export function semanticsOf(product: OrderProduct, operation: WriteOperation): WriteSemantics {
  const rows: Partial<Readonly<Record<WriteOperation, WriteSemantics>>> = WRITE_SEMANTICS[product];
  // Pay-after orders have no other operations.
  return rows[operation] ?? WRITE_SEMANTICS.SERVICE_ORDER[operation];
}
