import type { Replayable } from '../../orders/commands/write-order.ts';
import type { ChangedPayAfterOrder } from '../../wechat/index.ts';
import { builder } from '../builder.ts';
import { REPLAYED } from '../descriptions.ts';
import { PayAfterOrderType } from './order.ts';
import { loadOrder } from './order-query.ts';

/** The payload of complete, cancel and sync: they answer the same. */
export function changePayload(name: string, description: string) {
  return builder.objectRef<Replayable<ChangedPayAfterOrder>>(name).implement({
    description,
    fields: (t) => ({
      appid: t.exposeString('appid', { nullable: false, description: '应用ID.' }),
      mchid: t.exposeString('mchid', { nullable: false, description: '商户号.' }),
      outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: '商户服务订单号.' }),
      serviceId: t.exposeString('serviceId', { nullable: false, description: '服务ID.' }),
      orderId: t.exposeString('orderId', {
        description:
          "微信支付服务订单号: WeChat's own number of the order. Null where its answer never arrived and a query showed that the change took effect.",
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      order: t.field({
        type: PayAfterOrderType,
        description:
          'The order as a query shows it now: one more call to WeChat Pay, made only where this field is asked for. Where that call fails this field alone is null, with an error: the change stands.',
        resolve: ({ appid, serviceId, outOrderNo }, _, context) =>
          loadOrder({ appid, serviceId, outOrderNo }, context),
      }),
    }),
  });
}
