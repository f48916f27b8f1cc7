import { readIfPresent } from '../calls/call-outcome.ts';
import { isOwnAnswer } from '../calls/classify-response.ts';
import { prepare } from '../calls/request.ts';
import {
  type CallContext,
  type CallOutcome,
  type Deadline,
  deadlineIn,
  runAttempts,
} from '../calls/run-attempts.ts';
import type { DropField, Wire } from '../codec/codec.ts';

/** Exactly one of the two: WeChat Pay refuses both and neither. */
export type OrderKey = { readonly outOrderNo: string } | { readonly queryId: string };

export type OrderQuery = OrderKey & {
  readonly appid: string;
  readonly serviceId: string;
};

export interface QueryOptions {
  /** Aborts the query, including the back-off. */
  readonly signal?: AbortSignal | undefined;
  /** On the monotonic clock, ms: when the call must have ended. At most the client's own budget from now. */
  readonly deadline?: Deadline | undefined;
}

/** The query of the orders of one product. */
export interface OrderQueries<O> {
  /**
   * Null if WeChat Pay has no such order, as its signature proves.
   * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
   */
  readonly query: (
    context: CallContext,
    query: OrderQuery,
    options?: QueryOptions,
  ) => Promise<O | null>;
  /**
   * The query as a step of another call, which has its own deadline and interprets the result itself.
   */
  readonly run: (
    context: CallContext,
    query: OrderQuery,
    deadline: Deadline,
    signal?: AbortSignal,
  ) => Promise<CallOutcome<O>>;
}

/**
 * @param path of the endpoint
 * @param read the order in a response; undefined if it is none
 */
export function orderQueries<O extends Parameters<typeof isOwnAnswer>[0]>(
  path: string,
  read: (wire: Wire, drop: DropField) => O | undefined,
): OrderQueries<O> {
  const run: OrderQueries<O>['run'] = (context, query, deadline, signal) => {
    const { appid, serviceId } = query;
    const { mchid } = context.credential;
    const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : undefined;
    const queryId = 'queryId' in query ? query.queryId : undefined;
    const call = {
      ...prepare('GET', path, {
        service_id: serviceId,
        out_order_no: outOrderNo,
        query_id: queryId,
        appid,
      }),
      read: (wire: Wire) => {
        const order = read(wire, context.onUnreadableField);
        return order && isOwnAnswer(order, { mchid, appid, serviceId, outOrderNo })
          ? order
          : undefined;
      },
      signal,
    };
    return runAttempts(call, context, deadline);
  };
  return {
    run,
    query: async (context, query, { signal, deadline } = {}) => {
      const latest = deadlineIn(context.budgetMs, deadline);
      return readIfPresent(await run(context, query, latest, signal));
    },
  };
}
