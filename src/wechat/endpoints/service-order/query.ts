import { isNotFound, readOutcome } from '../../calls/call-outcome.ts';
import { isOwnAnswer } from '../../calls/classify-response.ts';
import { prepare } from '../../calls/request.ts';
import {
  type CallContext,
  type CallOutcome,
  type Deadline,
  deadlineIn,
  runAttempts,
} from '../../calls/run-attempts.ts';
import { decode, type Wire } from '../../codec/codec.ts';
import { type ServiceOrder, serviceOrder } from '../../codec/service-order-types.ts';
import type { QueryOptions } from '../query-pay-after-order.ts';

export const SERVICE_ORDERS = '/v3/payscore/serviceorder';

/** Exactly one of the two: WeChat Pay refuses both and neither. */
export type ServiceOrderKey = { readonly outOrderNo: string } | { readonly queryId: string };

export type ServiceOrderQuery = ServiceOrderKey & {
  readonly appid: string;
  readonly serviceId: string;
};

/**
 * 查询支付分订单. Null if WeChat Pay has no such order.
 * @throws WechatRefusedError, WechatUnavailableError, WechatUntrustedError
 */
export async function queryServiceOrder(
  context: CallContext,
  query: ServiceOrderQuery,
  { signal, deadline, proven = false }: QueryOptions = {},
): Promise<ServiceOrder | null> {
  const latest = deadlineIn(context.budgetMs, deadline);
  const settled = await runServiceOrderQuery(context, query, latest, signal);
  const absent = settled.step === 'refuse' && isNotFound(settled.refusal);
  return absent && (settled.refusal.verified || !proven) ? null : readOutcome(settled);
}

/**
 * The query as a step of another call, which has its own deadline and interprets the result itself.
 */
export function runServiceOrderQuery(
  context: CallContext,
  query: ServiceOrderQuery,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<CallOutcome<ServiceOrder>> {
  const { appid, serviceId } = query;
  const { mchid } = context.credential;
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : undefined;
  const queryId = 'queryId' in query ? query.queryId : undefined;
  const call = {
    ...prepare('GET', SERVICE_ORDERS, {
      service_id: serviceId,
      out_order_no: outOrderNo,
      query_id: queryId,
      appid,
    }),
    read: (wire: Wire) => {
      const order = decode(serviceOrder, wire, context.onUnreadableField);
      return order && isOwnAnswer(order, { mchid, appid, serviceId, outOrderNo })
        ? order
        : undefined;
    },
    signal,
  };
  return runAttempts(call, context, deadline);
}
