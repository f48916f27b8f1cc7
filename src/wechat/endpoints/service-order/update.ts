import { isOfOtherEndpoint, isOwnAnswer, NO_CONTENT } from '../../calls/classify-response.ts';
import type { CallContext } from '../../calls/run-attempts.ts';
import { decode, type Request, type Shape, type Wire } from '../../codec/codec.ts';
import {
  type CancelServiceOrderRequest,
  type CollectServiceOrderRequest,
  type CompleteServiceOrderRequest,
  collectServiceOrderRequest,
  completeServiceOrderRequest,
  type DirectCompleteServiceOrderRequest,
  directCompleteServiceOrderRequest,
  type ModifyServiceOrderRequest,
  modifyServiceOrderRequest,
  type ServiceOrder,
  type ServiceOrderMessageRequest,
  type SyncServiceOrderRequest,
  serviceOrderMessageRequest,
} from '../../codec/service-order-types.ts';
import { cancelRequest, syncRequest, updateResponse } from '../../codec/wire-types.ts';
import {
  type FreshWrite,
  type OwnAnswer,
  prepareWrite,
  type WriteOptions,
  write,
} from '../send-write.ts';
import { proofOf, type ServiceOrderOperation, shownServiceOrder } from './outcome.ts';
import { readServiceOrder, SERVICE_ORDERS } from './query.ts';

/** A write to an existing service order. */
export interface ServiceOrderUpdate<R, T = UpdatedServiceOrder> {
  readonly prepare: (context: CallContext, request: R) => FreshWrite;
  /**
   * A write that has taken effect is never reported as failed. A response that does not show the
   * effect by itself is confirmed by a query.
   * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError,
   *   OrderNotFoundError, OrderStateError, OrderBusyError, OrderConflictError
   */
  readonly send: (
    context: CallContext,
    request: R,
    options?: WriteOptions<ServiceOrder>,
  ) => Promise<T>;
}

/** What a write to an existing order returns. */
export interface UpdatedServiceOrder {
  readonly appid: string;
  readonly mchid: string;
  readonly outOrderNo: string;
  readonly serviceId: string;
  readonly orderId: string | null;
  /** The order after the write; null if the response contains only ids. */
  readonly order: ServiceOrder | null;
}

/** 完结支付分订单. Success does not mean that the user has paid: wait for USER_PAID. */
export const completeServiceOrder: ServiceOrderUpdate<CompleteServiceOrderRequest> = update({
  operation: 'complete',
  path: '/{out_order_no}/complete',
  shape: completeServiceOrderRequest,
  answer: 'order',
});

/** 修改订单金额: a lower amount for an order that is completed and not paid. */
export const modifyServiceOrder: ServiceOrderUpdate<ModifyServiceOrderRequest> = update({
  operation: 'modify',
  path: '/{out_order_no}/modify',
  shape: modifyServiceOrderRequest,
  answer: 'order',
});

/** 取消支付分订单. */
export const cancelServiceOrder: ServiceOrderUpdate<CancelServiceOrderRequest> = update({
  operation: 'cancel',
  path: '/{out_order_no}/cancel',
  shape: cancelRequest,
  answer: 'ids',
});

/** 商户发起催收扣款: WeChat Pay tries to collect once more. Success is not a payment. */
export const collectServiceOrder: ServiceOrderUpdate<CollectServiceOrderRequest> = update({
  operation: 'collect',
  path: '/{out_order_no}/pay',
  shape: collectServiceOrderRequest,
  answer: 'ids',
});

/** 同步服务订单信息: the user has paid through another channel. */
export const syncServiceOrder: ServiceOrderUpdate<SyncServiceOrderRequest> = update({
  operation: 'sync',
  path: '/{out_order_no}/sync',
  shape: syncRequest,
  answer: 'order',
});

/**
 * 创单结单合并: creates and completes an order without confirmation. It is documented since 2020, and
 * open only to merchants whom WeChat Pay admits. The answer looks like that to a complete: a query
 * confirms it.
 */
export const directCompleteServiceOrder: ServiceOrderUpdate<DirectCompleteServiceOrderRequest> =
  update({
    operation: 'directComplete',
    path: '/direct-complete',
    shape: directCompleteServiceOrderRequest,
    answer: 'order',
  });

/**
 * 下发服务预扣费消息, once for an order. WeChat Pay's 204 contains no number, and no query shows a message:
 * success means that WeChat Pay accepted it and that the order exists.
 */
export const sendPrepaidMessage: ServiceOrderUpdate<ServiceOrderMessageRequest> = update({
  operation: 'message',
  path: '/{out_order_no}/send-prepaidmessage',
  shape: serviceOrderMessageRequest,
  answer: 'nothing',
});

/** 下发服务费用待处理消息, once for an order. Success means the same as that of {@link sendPrepaidMessage}. */
export const sendPendingMessage: ServiceOrderUpdate<ServiceOrderMessageRequest> = update({
  operation: 'message',
  path: '/{out_order_no}/send-pendingmessage',
  shape: serviceOrderMessageRequest,
  answer: 'nothing',
});

interface Named {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

/** WeChat Pay does not document that the same bytes succeed again; each collect is one more debit. */
const NOT_IDEMPOTENT: ReadonlySet<ServiceOrderOperation> = new Set([
  'modify',
  'collect',
  'sync',
  'message',
]);

interface UpdateEndpoint<S extends Shape> {
  readonly operation: Exclude<ServiceOrderOperation, 'create'>;
  /** Below that of all service orders. */
  readonly path: `/${string}`;
  readonly shape: S;
  /** Whether the response is the order, only its ids, or a 204. */
  readonly answer: 'order' | 'ids' | 'nothing';
}

function update<S extends Shape, R extends Request<S> & Named>({
  operation,
  path,
  shape,
  answer,
}: UpdateEndpoint<S>): ServiceOrderUpdate<R> {
  const prepare = (context: CallContext, request: R) => {
    const number = encodeURIComponent(request.outOrderNo);
    const target = SERVICE_ORDERS + path.replace('{out_order_no}', () => number);
    return prepareWrite(context, target, shape, request);
  };
  return {
    prepare,
    send: async (context, request, options = {}) => {
      const { appid, serviceId, outOrderNo } = request;
      const ids = { appid, mchid: context.credential.mchid, outOrderNo, serviceId };
      const prepared = options.prepared ?? prepare(context, request);
      const readOrder = (wire: Wire): OwnAnswer<UpdatedServiceOrder> | undefined => {
        const order = readServiceOrder(wire, context.onUnreadableField);
        if (order === undefined || !isOwnAnswer(order, ids)) {
          return undefined;
        }
        const proof = proofOf(operation, prepared.body, order);
        // The response to a complete has a fund and no collection: otherwise it is that to another call.
        const isOther =
          operation === 'directComplete' ||
          (operation === 'complete' && (order.collection !== null || order.riskFund === null));
        // A later modify has lowered the amount of a complete that has succeeded before.
        const isModified = proof === 'lowered' && options.succeededBefore === true;
        return proof === 'took-effect' || proof === 'silent' || isModified
          ? { answer: updated(order), isUnique: proof === 'took-effect' && !isOther }
          : undefined;
      };
      const readIds = (wire: Wire): OwnAnswer<UpdatedServiceOrder> | undefined => {
        const read = decode(updateResponse, wire, context.onUnreadableField);
        const isOwn = read && isOwnAnswer(read, ids) && !isOfOtherEndpoint(wire, 'change');
        return isOwn ? { answer: { ...read, order: null }, isUnique: false } : undefined;
      };
      const readNothing = (wire: Wire): OwnAnswer<UpdatedServiceOrder> | undefined =>
        wire === NO_CONTENT
          ? { answer: { ...ids, orderId: null, order: null }, isUnique: false }
          : undefined;
      const readers = { order: readOrder, ids: readIds, nothing: readNothing };
      return await write<UpdatedServiceOrder, ServiceOrder>(
        context,
        {
          shown: shownServiceOrder({ appid, serviceId, outOrderNo }, operation, prepared.body),
          prepared,
          isIdempotent: !NOT_IDEMPOTENT.has(operation),
          endpoint: `POST ${SERVICE_ORDERS}${path}`,
          request,
          read: readers[answer],
          shownByQuery: updated,
        },
        options,
      );
    },
  };
}

function updated(order: ServiceOrder): UpdatedServiceOrder {
  const { appid, mchid, outOrderNo, serviceId, orderId } = order;
  return { appid, mchid, outOrderNo, serviceId, orderId, order };
}
