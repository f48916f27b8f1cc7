import {
  isOfCreateOnly,
  isOfOtherEndpoint,
  isOwnAnswer,
  type OrderIds,
} from '../calls/classify-response.ts';
import type { CallContext } from '../calls/run-attempts.ts';
import { decode, type Wire } from '../codec/codec.ts';
import {
  type CreatedPayAfterOrder,
  type CreatePayAfterOrderRequest,
  createRequest,
  createResponse,
} from '../codec/wire-types.ts';
import { PAY_AFTER_ORDERS, shownPayAfterOrder } from './query-pay-after-order.ts';
import { type FreshWrite, prepareWrite, type WriteOptions, write } from './send-write.ts';

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
