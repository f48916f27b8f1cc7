import { isOfOtherEndpoint, isOwnAnswer } from '../../calls/classify-response.ts';
import type { CallContext } from '../../calls/run-attempts.ts';
import { decode, type Request, type Shape, type Wire } from '../../codec/codec.ts';
import {
  type CancelServiceOrderRequest,
  type CollectServiceOrderRequest,
  type CompleteServiceOrderRequest,
  collectServiceOrderRequest,
  completeServiceOrderRequest,
  type ModifyServiceOrderRequest,
  modifyServiceOrderRequest,
  type ServiceOrder,
  type SyncServiceOrderRequest,
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
  path: 'complete',
  shape: completeServiceOrderRequest,
  answer: 'order',
});

/** 修改订单金额: a lower amount for an order that is completed and not paid. */
export const modifyServiceOrder: ServiceOrderUpdate<ModifyServiceOrderRequest> = update({
  operation: 'modify',
  path: 'modify',
  shape: modifyServiceOrderRequest,
  answer: 'order',
});

/** 取消支付分订单. */
export const cancelServiceOrder: ServiceOrderUpdate<CancelServiceOrderRequest> = update({
  operation: 'cancel',
  path: 'cancel',
  shape: cancelRequest,
  answer: 'ids',
});

/** 商户发起催收扣款: WeChat Pay tries to collect once more. Success is not a payment. */
export const collectServiceOrder: ServiceOrderUpdate<CollectServiceOrderRequest> = update({
  operation: 'collect',
  path: 'pay',
  shape: collectServiceOrderRequest,
  answer: 'ids',
});

/** 同步服务订单信息: the user has paid through another channel. */
export const syncServiceOrder: ServiceOrderUpdate<SyncServiceOrderRequest> = update({
  operation: 'sync',
  path: 'sync',
  shape: syncRequest,
  answer: 'order',
});

interface Named {
  readonly appid: string;
  readonly serviceId: string;
  readonly outOrderNo: string;
}

interface UpdateEndpoint<S extends Shape> {
  readonly operation: Exclude<ServiceOrderOperation, 'create'>;
  /** The last segment of its path. */
  readonly path: string;
  readonly shape: S;
  /** Whether the response is the order, or its ids alone. */
  readonly answer: 'order' | 'ids';
}

function update<S extends Shape, R extends Request<S> & Named>({
  operation,
  path,
  shape,
  answer,
}: UpdateEndpoint<S>): ServiceOrderUpdate<R> {
  const prepare = (context: CallContext, request: R) => {
    const number = encodeURIComponent(request.outOrderNo);
    return prepareWrite(context, `${SERVICE_ORDERS}/${number}/${path}`, shape, request);
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
        // The response to a complete has no collection: with one, it is that to another call.
        const isOther = operation === 'complete' && order.collection !== null;
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
      return await write<UpdatedServiceOrder, ServiceOrder>(
        context,
        {
          shown: shownServiceOrder({ appid, serviceId, outOrderNo }, operation, prepared.body),
          prepared,
          endpoint: `POST ${SERVICE_ORDERS}/{out_order_no}/${path}`,
          request,
          read: answer === 'order' ? readOrder : readIds,
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
