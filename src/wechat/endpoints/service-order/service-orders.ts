import type { CallContext } from '../../calls/run-attempts.ts';
import type {
  CancelServiceOrderRequest,
  CollectServiceOrderRequest,
  CompleteServiceOrderRequest,
  CreatedServiceOrder,
  CreateServiceOrderRequest,
  DirectCompleteServiceOrderRequest,
  ModifyServiceOrderRequest,
  ServiceOrder,
  ServiceOrderMessageRequest,
  SyncServiceOrderRequest,
} from '../../codec/service-order-types.ts';
import type { QueryOptions } from '../query-order.ts';
import type { FreshWrite, WriteOptions } from '../send-write.ts';
import { createServiceOrder, prepareServiceOrder } from './create.ts';
import { queryServiceOrder, type ServiceOrderQuery } from './query.ts';
import {
  cancelServiceOrder,
  collectServiceOrder,
  completeServiceOrder,
  directCompleteServiceOrder,
  modifyServiceOrder,
  type ServiceOrderUpdate,
  sendPendingMessage,
  sendPrepaidMessage,
  syncServiceOrder,
  type UpdatedServiceOrder,
} from './update.ts';

/** A write: the bytes to store before the call, and the call, which takes them as an option. */
export interface ServiceOrderWrite<R, T> {
  readonly prepare: (request: R) => FreshWrite;
  readonly send: (request: R, options?: WriteOptions<ServiceOrder>) => Promise<T>;
}

/** The calls about service orders. */
export interface ServiceOrders {
  readonly create: ServiceOrderWrite<CreateServiceOrderRequest, CreatedServiceOrder>;
  readonly query: (
    query: ServiceOrderQuery,
    options?: QueryOptions,
  ) => Promise<ServiceOrder | null>;
  readonly complete: ServiceOrderWrite<CompleteServiceOrderRequest, UpdatedServiceOrder>;
  readonly modify: ServiceOrderWrite<ModifyServiceOrderRequest, UpdatedServiceOrder>;
  readonly cancel: ServiceOrderWrite<CancelServiceOrderRequest, UpdatedServiceOrder>;
  /** WeChat Pay's `pay`. */
  readonly collect: ServiceOrderWrite<CollectServiceOrderRequest, UpdatedServiceOrder>;
  readonly sync: ServiceOrderWrite<SyncServiceOrderRequest, UpdatedServiceOrder>;
  /** 创单结单合并, only for merchants whom WeChat Pay admits. */
  readonly directComplete: ServiceOrderWrite<
    DirectCompleteServiceOrderRequest,
    UpdatedServiceOrder
  >;
  /** 下发服务预扣费消息. Success means that WeChat Pay accepted it: no query shows a message. */
  readonly sendPrepaidMessage: ServiceOrderWrite<ServiceOrderMessageRequest, UpdatedServiceOrder>;
  /** 下发服务费用待处理消息. Success means the same. */
  readonly sendPendingMessage: ServiceOrderWrite<ServiceOrderMessageRequest, UpdatedServiceOrder>;
}

/** @param track keeps the client open until the call has ended */
export function createServiceOrders(
  context: () => CallContext,
  track: <T>(call: Promise<T>) => Promise<T>,
): ServiceOrders {
  const update = <R, T>({ prepare, send }: ServiceOrderUpdate<R, T>): ServiceOrderWrite<R, T> => ({
    prepare: (request) => prepare(context(), request),
    send: (request, options) => track(send(context(), request, options)),
  });
  return {
    create: update({ prepare: prepareServiceOrder, send: createServiceOrder }),
    query: (query, how) => track(queryServiceOrder(context(), query, how)),
    complete: update(completeServiceOrder),
    modify: update(modifyServiceOrder),
    cancel: update(cancelServiceOrder),
    collect: update(collectServiceOrder),
    sync: update(syncServiceOrder),
    directComplete: update(directCompleteServiceOrder),
    sendPrepaidMessage: update(sendPrepaidMessage),
    sendPendingMessage: update(sendPendingMessage),
  };
}
