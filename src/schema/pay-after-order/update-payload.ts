import type { Replayable } from '../../orders/commands/write-order.ts';
import type { ChangedPayAfterOrder } from '../../wechat/index.ts';
import { builder } from '../builder.ts';
import { REPLAYED } from '../descriptions.ts';
import { PayAfterOrderType } from './order.ts';
import { loadOrder } from './order-query.ts';

/** The payload of complete, cancel and sync, which have the same fields. */
export function changePayload(name: string, description: string) {
  return builder.objectRef<Replayable<ChangedPayAfterOrder>>(name).implement({
    description,
    fields: (t) => ({
      appid: t.exposeString('appid', {
        nullable: false,
        description: "应用ID: the appid of the merchant's app or mini program.",
      }),
      mchid: t.exposeString('mchid', {
        nullable: false,
        description: '商户号: the merchant number at WeChat Pay.',
      }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: "商户服务订单号: the merchant's own order number.",
      }),
      serviceId: t.exposeString('serviceId', {
        nullable: false,
        description: '服务ID: the id of the service at WeChat Pay.',
      }),
      orderId: t.exposeString('orderId', {
        description:
          "微信支付服务订单号: WeChat Pay's order id. Null if its response was lost and a query has shown that the change took effect.",
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      order: t.field({
        type: PayAfterOrderType,
        description:
          'The current order. Selecting this field costs one more call to WeChat Pay. If that call fails, only this field is null, with an error in `errors`: the change has still taken effect.',
        resolve: ({ appid, serviceId, outOrderNo }, _, context) =>
          loadOrder({ appid, serviceId, outOrderNo }, context),
      }),
    }),
  });
}
