import { isOfOtherEndpoint, isOwnAnswer } from '../calls/classify-response.ts';
import type { CallContext } from '../calls/run-attempts.ts';
import { decode, type Request, type Shape, type Wire } from '../codec/codec.ts';
import {
  type CancelPayAfterOrderRequest,
  type CompletePayAfterOrderRequest,
  cancelRequest,
  completeRequest,
  type PayAfterOrder,
  type SyncPayAfterOrderRequest,
  syncRequest,
  syncResponse,
  type UpdatedPayAfterOrder,
  updateResponse,
} from '../codec/wire-types.ts';
import { PAY_AFTER_ORDERS, shownPayAfterOrder } from './query-pay-after-order.ts';
import { type FreshWrite, prepareWrite, type WriteOptions, write } from './send-write.ts';

/** The three writes to an existing order: complete, cancel, sync. */
export interface Change<R> {
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
