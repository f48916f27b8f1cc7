import type { Operation } from '../../../ledger/records.ts';
import type {
  CancelServiceOrderRequest,
  CollectServiceOrderRequest,
  CompleteServiceOrderRequest,
  ModifyServiceOrderRequest,
  ServiceOrder,
  ServiceOrders,
  ServiceOrderWrite,
  SyncServiceOrderRequest,
  UpdatedServiceOrder,
} from '../../../wechat/index.ts';
import { checkActsForAll, checkOwnUnconfirmed } from '../../access/ownership.ts';
import { SERVICE_ORDERS } from '../../products/products.ts';
import { InvalidInputError } from '../../rules/field-rules.ts';
import { brokenRules, type Rule } from '../../rules/rule.ts';
import { SERVICE_ORDER_RULES } from '../../rules/service-order-input.ts';
import { startDeadline, writeUnlessRefused } from '../write-order.ts';
import type {
  CallDeadline,
  OrderServices,
  OrderWrite,
  Refusal,
  Replayable,
} from '../write-types.ts';

interface Named {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
}

/** A write to an existing service order, as a value: a new operation is a new one. */
export interface ServiceOrderUpdate<R> {
  readonly operation: Exclude<Operation, 'create'>;
  readonly rules: readonly Rule<R>[];
  /** `unconfirmed`: end users may, as long as they have not confirmed the order. */
  readonly forShoppers: 'never' | 'unconfirmed';
  readonly writeOf: (orders: ServiceOrders) => ServiceOrderWrite<R, UpdatedServiceOrder>;
}

/** 完结支付分订单. Success does not mean that the user has paid. */
export const COMPLETE: ServiceOrderUpdate<CompleteServiceOrderRequest> = {
  operation: 'complete',
  rules: SERVICE_ORDER_RULES.complete,
  forShoppers: 'never',
  writeOf: ({ complete }) => complete,
};

/** 修改订单金额: a lower amount, several times. */
export const MODIFY: ServiceOrderUpdate<ModifyServiceOrderRequest> = {
  operation: 'modify',
  rules: SERVICE_ORDER_RULES.modify,
  forShoppers: 'never',
  writeOf: ({ modify }) => modify,
};

/** 取消支付分订单. The user may confirm between the check of an end user's cancel and the cancel itself. */
export const CANCEL: ServiceOrderUpdate<CancelServiceOrderRequest> = {
  operation: 'cancel',
  rules: SERVICE_ORDER_RULES.cancel,
  forShoppers: 'unconfirmed',
  writeOf: ({ cancel }) => cancel,
};

/** 商户发起催收扣款: one more debit with each call. */
export const COLLECT: ServiceOrderUpdate<CollectServiceOrderRequest> = {
  operation: 'collect',
  rules: SERVICE_ORDER_RULES.collect,
  forShoppers: 'never',
  writeOf: ({ collect }) => collect,
};

/** 同步服务订单信息: the user has paid through another channel. */
export const SYNC: ServiceOrderUpdate<SyncServiceOrderRequest> = {
  operation: 'sync',
  rules: SERVICE_ORDER_RULES.sync,
  forShoppers: 'never',
  writeOf: ({ sync }) => sync,
};

/**
 * Checks a write to an existing service order, makes the intent durable, then sends it. What a repeat
 * does is in the table `WRITE_SEMANTICS`.
 * @throws InvalidInputError, LedgerUnavailableError, OrderNotFoundError, OrderStateError,
 *   OrderBusyError, OrderConflictError, WechatRefusedError, WechatUnavailableError,
 *   OrderOutcomeUnknownError
 */
export async function updateServiceOrder<R extends Named>(
  services: OrderServices,
  update: ServiceOrderUpdate<R>,
  request: R,
): Promise<Replayable<UpdatedServiceOrder>> {
  const deadline = startDeadline(services.wechat);
  const refusal = await checkUpdate(services, update, request, deadline);
  const write = () => writeOf(services, update, request);
  return await writeUnlessRefused(services, write, refusal, deadline);
}

async function checkUpdate<R extends Named>(
  services: OrderServices,
  { rules, forShoppers }: ServiceOrderUpdate<R>,
  request: R,
  deadline: CallDeadline,
): Promise<Refusal<ServiceOrder> | undefined> {
  const { inputRules, ledger } = services;
  const forbidden =
    forShoppers === 'never' ? checkActsForAll(services, request.outOrderNo) : undefined;
  if (forbidden !== undefined) {
    return forbidden;
  }
  const issues = brokenRules(rules, request, inputRules, ledger.now());
  if (issues.length > 0) {
    return { error: new InvalidInputError(issues) };
  }
  return await checkOwnUnconfirmed(services, SERVICE_ORDERS, request, deadline);
}

function writeOf<R extends Named>(
  { wechat, ledger, visibility }: OrderServices,
  update: ServiceOrderUpdate<R>,
  request: R,
): OrderWrite<UpdatedServiceOrder, ServiceOrder> {
  const { appid, serviceId, outOrderNo } = request;
  const { prepare, send } = update.writeOf(wechat.serviceOrders);
  const fresh = prepare(request);
  return {
    intended: {
      operation: update.operation,
      product: SERVICE_ORDERS.product,
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      owner: visibility.kind === 'own' ? visibility.owner : null,
      prepare: fresh,
    },
    orders: SERVICE_ORDERS,
    send: (options) => send(request, options),
    seen: ({ order }) =>
      order && SERVICE_ORDERS.observationOf(order, { source: 'MUTATION', ledger }),
    shownByQuery: (order) => {
      const { mchid, orderId } = order;
      return { appid, mchid, outOrderNo, serviceId, orderId, order };
    },
  };
}
