import {
  isOfCreateOnly,
  isOfOtherEndpoint,
  isOrderOf,
  isOwnAnswer,
  type OrderIds,
} from '../calls/classify-response.ts';
import type { CallContext } from '../calls/run-attempts.ts';
import { decode, type Request, type Shape, type Wire } from '../codec/codec.ts';
import {
  type CancelPayAfterOrderRequest,
  type CompletePayAfterOrderRequest,
  type CreatedPayAfterOrder,
  type CreatePayAfterOrderRequest,
  cancelRequest,
  completeRequest,
  createRequest,
  createResponse,
  type PayAfterOrder,
  payAfterOrder,
  type SyncPayAfterOrderRequest,
  syncRequest,
  syncResponse,
  type UpdatedPayAfterOrder,
  updateResponse,
} from '../codec/wire-types.ts';
import { type OrderKey, type OrderQuery, orderQueries } from './query-order.ts';
import type { ShownOrder } from './resolve-by-query.ts';
import { type FreshWrite, prepareWrite, type WriteOptions, write } from './send-write.ts';
import { isKnownState, outcomeByQuery, type WriteOperation } from './write-outcome.ts';

const PAY_AFTER_ORDERS = '/v3/payscore/payafter-orders';

export type PayAfterOrderKey = OrderKey;
export type PayAfterOrderQuery = OrderQuery;

const { query, run } = orderQueries(PAY_AFTER_ORDERS, (wire, drop) =>
  isOrderOf('SERVICE_ORDER', wire) ? undefined : decode(payAfterOrder, wire, drop),
);

/** 查询先享后付订单. */
export const queryPayAfterOrder = query;

/** How a query shows the outcome of a write to this order. */
function shownPayAfterOrder(
  order: PayAfterOrderQuery & { readonly outOrderNo: string },
  operation: WriteOperation,
  body: Uint8Array,
): ShownOrder<PayAfterOrder> {
  return {
    outOrderNo: order.outOrderNo,
    isCreate: operation === 'create',
    isComplete: operation === 'complete',
    query: (context, deadline) => run(context, order, deadline),
    outcomeOf: (shown) => outcomeByQuery(operation, body, shown),
    confirms: (shown) => {
      const outcome = outcomeByQuery(operation, body, shown);
      return outcome === 'took-effect' || (outcome === 'undetermined' && isKnownState(shown.state));
    },
    stateOf: ({ state }) => ({ state }),
    showsOrderId: false,
  };
}

/** A query returns neither the order id nor the launch data of the confirmation page. */
const NO_LAUNCH = {
  orderId: null,
  miniprogramBusinesstype: null,
  miniprogramAppid: null,
  miniprogramPath: null,
  miniprogramUsername: null,
  package: null,
};

/** The result of a create whose effect was confirmed only by a query. */
export function createdByQuery(
  ids: OrderIds & { readonly outOrderNo: string },
): CreatedPayAfterOrder {
  return { ...ids, ...NO_LAUNCH };
}

/** The bytes of a create: sensitive fields are encrypted here, once. */
export function prepareCreate(
  context: CallContext,
  request: CreatePayAfterOrderRequest,
): FreshWrite {
  return prepareWrite(context, PAY_AFTER_ORDERS, createRequest, request);
}

/**
 * 创建先享后付订单. An order that exists is never reported as failed. The call cannot be aborted, because
 * an aborted create has an unknown outcome.
 * @returns the order; `orderId` and the launch fields are null if WeChat Pay's response never
 *   arrived.
 * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError, OrderConflictError
 */
export async function createPayAfterOrder(
  context: CallContext,
  request: CreatePayAfterOrderRequest,
  options: WriteOptions = {},
): Promise<CreatedPayAfterOrder> {
  const { appid, serviceId, outOrderNo } = request;
  const { mchid } = context.credential;
  const ids = { appid, mchid, outOrderNo, serviceId };
  const prepared = options.prepared ?? prepareCreate(context, request);
  return await write(
    context,
    {
      shown: shownPayAfterOrder({ appid, serviceId, outOrderNo }, 'create', prepared.body),
      prepared,
      endpoint: `POST ${PAY_AFTER_ORDERS}`,
      request,
      read: (wire: Wire) => {
        const order = decode(createResponse, wire, context.onUnreadableField);
        const isOwn = order && isOwnAnswer(order, ids) && !isOfOtherEndpoint(wire, 'create');
        return isOwn ? { answer: order, isUnique: isOfCreateOnly(wire) } : undefined;
      },
      shownByQuery: () => createdByQuery(ids),
    },
    options,
  );
}

/** The three writes to an existing order: complete, cancel, sync. */
interface Change<R> {
  readonly prepare: (context: CallContext, request: R) => FreshWrite;
  /**
   * A write that has taken effect is never reported as failed. The response contains only ids, so a
   * query confirms each success.
   * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError,
   *   OrderNotFoundError, OrderStateError, OrderConflictError
   */
  readonly send: (
    context: CallContext,
    request: R,
    options?: WriteOptions,
  ) => Promise<UpdatedPayAfterOrder>;
}

/** 完结先享后付订单. Success does not mean that the user has paid: wait for USER_PAID. */
export const completePayAfterOrder: Change<CompletePayAfterOrderRequest> = change(
  'complete',
  completeRequest,
  updateResponse,
);

/** 撤销先享后付订单. */
export const cancelPayAfterOrder: Change<CancelPayAfterOrderRequest> = change(
  'cancel',
  cancelRequest,
  updateResponse,
);

/** 支付分订单同步: the user has paid through another channel. */
export const syncPayAfterOrder: Change<SyncPayAfterOrderRequest> = change(
  'sync',
  syncRequest,
  syncResponse,
);

interface Named {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

function change<S extends Shape, R extends Request<S> & Named>(
  operation: 'complete' | 'cancel' | 'sync',
  shape: S,
  answerShape: typeof updateResponse | typeof syncResponse,
): Change<R> {
  const prepare = (context: CallContext, request: R) => {
    const path = `${PAY_AFTER_ORDERS}/${encodeURIComponent(request.outOrderNo)}/${operation}`;
    return prepareWrite(context, path, shape, request);
  };
  return {
    prepare,
    send: async (context, request, options = {}) => {
      const { appid, serviceId, outOrderNo } = request;
      const { mchid } = context.credential;
      const ids = { appid, mchid, outOrderNo, serviceId };
      const prepared = options.prepared ?? prepare(context, request);
      return await write<UpdatedPayAfterOrder, PayAfterOrder>(
        context,
        {
          shown: shownPayAfterOrder({ appid, serviceId, outOrderNo }, operation, prepared.body),
          prepared,
          endpoint: `POST ${PAY_AFTER_ORDERS}/{out_order_no}/${operation}`,
          request,
          read: (wire: Wire) => {
            const order = decode(answerShape, wire, context.onUnreadableField);
            const isOwn = order && isOwnAnswer(order, ids) && !isOfOtherEndpoint(wire, 'change');
            return isOwn ? { answer: { ...order, serviceId }, isUnique: false } : undefined;
          },
          shownByQuery: () => ({ ...ids, orderId: null }),
        },
        options,
      );
    },
  };
}
