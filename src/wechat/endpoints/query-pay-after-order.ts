import { isNotFound, readOutcome } from '../calls/call-outcome.ts';
import { isOwnAnswer } from '../calls/classify-response.ts';
import { prepare } from '../calls/request.ts';
import {
  type CallContext,
  type CallOutcome,
  type Deadline,
  deadlineIn,
  runAttempts,
} from '../calls/run-attempts.ts';
import { decode, type Wire } from '../codec/codec.ts';
import { type PayAfterOrder, payAfterOrder } from '../codec/wire-types.ts';
import type { ShownOrder } from './resolve-by-query.ts';
import { isKnownState, outcomeByQuery, type WriteOperation } from './write-outcome.ts';

/** How a query shows the outcome of a write to this order. */
export function shownPayAfterOrder(
  order: PayAfterOrderQuery & { readonly outOrderNo: string },
  operation: WriteOperation,
  body: Uint8Array,
): ShownOrder<PayAfterOrder> {
  return {
    outOrderNo: order.outOrderNo,
    isCreate: operation === 'create',
    query: (context, deadline) => runQuery(context, order, deadline),
    outcomeOf: (shown) => outcomeByQuery(operation, body, shown),
    confirms: (shown) => {
      const outcome = outcomeByQuery(operation, body, shown);
      return outcome === 'took-effect' || (outcome === 'undetermined' && isKnownState(shown.state));
    },
    stateOf: ({ state }) => state,
  };
}

export const PAY_AFTER_ORDERS = '/v3/payscore/payafter-orders';

/** Exactly one of the two: WeChat Pay refuses both and neither. */
export type PayAfterOrderKey = { readonly outOrderNo: string } | { readonly queryId: string };

export type PayAfterOrderQuery = PayAfterOrderKey & {
  readonly appid: string;
  readonly serviceId: string;
};

export interface QueryOptions {
  /** Aborts the query, including the back-off. */
  readonly signal?: AbortSignal | undefined;
  /** On the monotonic clock, ms: when the call must have ended. At most the client's own budget from now. */
  readonly deadline?: Deadline | undefined;
  /** Null only if WeChat Pay's signature proves that there is no such order. */
  readonly proven?: boolean | undefined;
}

/**
 * 查询先享后付订单. Null if WeChat Pay has no such order.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
export async function queryPayAfterOrder(
  context: CallContext,
  query: PayAfterOrderQuery,
  { signal, deadline, proven = false }: QueryOptions = {},
): Promise<PayAfterOrder | null> {
  const latest = deadlineIn(context.budgetMs, deadline);
  const settled = await runQuery(context, query, latest, signal);
  const absent = settled.step === 'refuse' && isNotFound(settled.refusal);
  return absent && (settled.refusal.verified || !proven) ? null : readOutcome(settled);
}

/**
 * The query as a step of another call, which has its own deadline and interprets the result itself.
 */
function runQuery(
  context: CallContext,
  query: PayAfterOrderQuery,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<CallOutcome<PayAfterOrder>> {
  const { appid, serviceId } = query;
  const { mchid } = context.credential;
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : undefined;
  const queryId = 'queryId' in query ? query.queryId : undefined;
  const call = {
    ...prepare('GET', PAY_AFTER_ORDERS, {
      service_id: serviceId,
      out_order_no: outOrderNo,
      query_id: queryId,
      appid,
    }),
    read: (wire: Wire) => {
      const order = decode(payAfterOrder, wire, context.onUnreadableField);
      const ids = { mchid, appid, serviceId, outOrderNo };
      return order && isOwnAnswer(order, ids) ? order : undefined;
    },
    signal,
  };
  return runAttempts(call, context, deadline);
}
