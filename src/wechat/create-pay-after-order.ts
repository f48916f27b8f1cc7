import type { CallContext } from './call.ts';
import { PAY_AFTER_ORDERS } from './query-pay-after-order.ts';
import { decode, type Wire } from './shape.ts';
import {
  type CreatedPayAfterOrder,
  type CreatePayAfterOrderRequest,
  createAnswer,
  createRequest,
} from './wire.ts';
import { type FreshWrite, prepareWrite, type WriteOptions, write } from './write.ts';

/** The bytes of a create: sensitive fields are encrypted here, once. */
export function prepareCreate(
  context: CallContext,
  request: CreatePayAfterOrderRequest,
): FreshWrite {
  return prepareWrite(context, PAY_AFTER_ORDERS, createRequest, request);
}

/**
 * 创建先享后付订单. An order that exists is never reported as failed. There is nothing to abort it
 * with, since an abandoned create is an unknown outcome.
 *
 * @returns the order; `orderId` and the launch fields are null where WeChat's answer never arrived.
 * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError, OrderConflictError
 */
export async function createPayAfterOrder(
  context: CallContext,
  request: CreatePayAfterOrderRequest,
  options: WriteOptions = {},
): Promise<CreatedPayAfterOrder> {
  const { appid, serviceId, outOrderNo } = request;
  const { mchid } = context.credential;
  const known = { appid, mchid, outOrderNo, serviceId };
  return await write(
    context,
    {
      order: { appid, serviceId, outOrderNo },
      prepared: options.prepared ?? prepareCreate(context, request),
      endpoint: `POST ${PAY_AFTER_ORDERS}`,
      request,
      read: (wire: Wire) => {
        const order = decode(createAnswer, wire, context.onUnreadableField, known);
        // A signature does not name the call it answers: another order's answer would verify too.
        return order?.mchid === mchid && order.outOrderNo === outOrderNo ? order : undefined;
      },
      operation: 'create',
    },
    options,
  );
}
