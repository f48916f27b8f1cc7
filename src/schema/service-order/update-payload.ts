import type { Replayable } from '../../orders/commands/write-types.ts';
import type { ServiceOrder, UpdatedServiceOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { CURRENT_ORDER, ORDER_ID, ORDER_IDS, REPLAYED } from '../descriptions.ts';
import { reading } from '../resolver.ts';
import { ServiceOrderType } from './service-order.ts';

/** A lost response is replaced by a query, which shows it too. */
export const NO_ORDER_ID =
  'Null if WeChat Pay sent none, neither in its response nor in a query that replaced a lost one.';

type Payload = Replayable<UpdatedServiceOrder>;

/** The fields of every payload of a write to an existing service order. */
export function updatePayload(name: string, description: string, replayed: string = REPLAYED) {
  return builder.objectRef<Payload>(name).implement({
    description,
    fields: (t) => ({
      appid: t.exposeString('appid', { nullable: false, description: ORDER_IDS.appid }),
      mchid: t.exposeString('mchid', { nullable: false, description: ORDER_IDS.mchid }),
      serviceId: t.exposeString('serviceId', { nullable: false, description: ORDER_IDS.serviceId }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: ORDER_IDS.outOrderNo,
      }),
      orderId: t.exposeString('orderId', {
        description: `${ORDER_ID} ${NO_ORDER_ID}`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: replayed }),
      order: t.field({
        type: ServiceOrderType,
        ...requireScope('orders:read'),
        description: CURRENT_ORDER,
        resolve: (payload, _, context) => loadServiceOrder(`${name}.order`, payload, context),
      }),
    }),
  });
}

/** The order after a write to it, with one call per request. Throws GraphQL errors. */
export async function loadServiceOrder(
  operation: string,
  { appid, serviceId, outOrderNo }: Pick<Payload, 'appid' | 'serviceId' | 'outOrderNo'>,
  context: GraphQLContext,
): Promise<ServiceOrder | null> {
  return await reading(context, { operation, outOrderNo }, () =>
    context.orderReads.serviceOrders.load({ appid, serviceId, outOrderNo }),
  );
}
