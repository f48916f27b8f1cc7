import { isOrderOf, isOwnAnswer } from '../../calls/classify-response.ts';
import type { CallContext } from '../../calls/run-attempts.ts';
import { decode, type Wire } from '../../codec/codec.ts';
import {
  type CreatedServiceOrder,
  type CreateServiceOrderRequest,
  createdServiceOrder,
  createServiceOrderRequest,
  type ServiceOrder,
} from '../../codec/service-order-types.ts';
import { OrderNotStartedError } from '../../errors.ts';
import { type FreshWrite, prepareWrite, type WriteOptions, write } from '../send-write.ts';
import { shownServiceOrder } from './outcome.ts';
import { phaseOf } from './phase.ts';
import { SERVICE_ORDERS } from './query.ts';

/** The bytes of a create, built once. */
export function prepareServiceOrder(
  context: CallContext,
  request: CreateServiceOrderRequest,
): FreshWrite {
  return prepareWrite(context, SERVICE_ORDERS, createServiceOrderRequest, request);
}

/**
 * 创建支付分订单. An order that exists is never reported as failed, and the call cannot be aborted. Without
 * confirmation by the user the order must be under way immediately: if it is only created, WeChat Pay
 * calls the create failed.
 * @returns the order; `package` is null if WeChat Pay's response never arrived
 * @throws WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError, OrderConflictError,
 *   OrderNotStartedError
 */
export async function createServiceOrder(
  context: CallContext,
  request: CreateServiceOrderRequest,
  options: WriteOptions<ServiceOrder> = {},
): Promise<CreatedServiceOrder> {
  const { appid, serviceId, outOrderNo } = request;
  const { mchid } = context.credential;
  const prepared = options.prepared ?? prepareServiceOrder(context, request);
  const created = await write<CreatedServiceOrder, ServiceOrder>(
    context,
    {
      shown: shownServiceOrder({ appid, serviceId, outOrderNo }, 'create', prepared.body),
      prepared,
      endpoint: `POST ${SERVICE_ORDERS}`,
      request,
      read: (wire: Wire) => {
        const order = decode(createdServiceOrder, wire, context.onUnreadableField);
        // Only the answer to a create has a package: the answers to other calls have the same ids.
        const isOther = isOrderOf('PAY_AFTER', wire);
        return order && !isOther && isOwnAnswer(order, { mchid, appid, serviceId, outOrderNo })
          ? { answer: order, isUnique: order.package !== null && order.package !== '' }
          : undefined;
      },
      shownByQuery: (order) => ({ ...order, package: null }),
    },
    options,
  );
  if (!request.needUserConfirm && phaseOf(created) === 'created') {
    options.onShown?.(created);
    throw new OrderNotStartedError(outOrderNo, created.state, {
      status: 200,
      code: null,
      requestId: null,
    });
  }
  return created;
}
