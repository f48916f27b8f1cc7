import type { Replayable } from '../../orders/commands/write-types.ts';
import type { ChangedPayAfterOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { CURRENT_ORDER, ORDER_ID, ORDER_IDS, REPLAYED } from '../descriptions.ts';
import { PayAfterOrderType } from './order.ts';
import { loadOrder } from './order-query.ts';

/** The payload of complete, cancel and sync, which have the same fields. */
export function changePayload(name: string, description: string) {
  return builder.objectRef<Replayable<ChangedPayAfterOrder>>(name).implement({
    description,
    fields: (t) => ({
      appid: t.exposeString('appid', {
        nullable: false,
        description: ORDER_IDS.appid,
      }),
      mchid: t.exposeString('mchid', {
        nullable: false,
        description: ORDER_IDS.mchid,
      }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: ORDER_IDS.outOrderNo,
      }),
      serviceId: t.exposeString('serviceId', {
        nullable: false,
        description: ORDER_IDS.serviceId,
      }),
      orderId: t.exposeString('orderId', {
        description: `${ORDER_ID} Null if WeChat Pay's response was lost and the server confirmed the change by a query instead.`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      order: t.field({
        type: PayAfterOrderType,
        ...requireScope('orders:read'),
        description: CURRENT_ORDER,
        resolve: ({ appid, serviceId, outOrderNo }, _, context) =>
          loadOrder(`${name}.order`, { appid, serviceId, outOrderNo }, context),
      }),
    }),
  });
}
