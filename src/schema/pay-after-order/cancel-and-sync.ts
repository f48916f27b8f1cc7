import { cancelOrder, syncOrder } from '../../orders/commands/pay-after-order/cancel-and-sync.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  APPID,
  BY_ANALOGY,
  ORDER_NUMBER,
  PLAIN_TEXTS,
  REPEATED_CHANGE,
  SERVICE_ID,
} from '../descriptions.ts';
import { CHANGE_ERRORS } from '../order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import { changePayload } from './update-payload.ts';

const CancelInput = builder.inputType('CancelPayAfterOrderInput', {
  description: `撤销先享后付订单: the order to cancel, and the reason. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description:
        '撤销原因: the reason for the cancellation. WeChat Pay does not document whether the user sees it. By analogy: 1 to 50 characters.',
    }),
  }),
});

builder.mutationField('cancelPayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: changePayload(
      'CancelPayAfterOrderPayload',
      '撤销先享后付订单: the order was canceled: its state is REVOKED.',
    ),
    nullable: false,
    description: `撤销先享后付订单: cancels an order that is not completed. Requires orders:cancel. A caller without orders:any may cancel only its own order (else OrderNotFoundError), and only while it is CREATED (else OrderStateError); if the user confirms at the same moment, the confirmed order may be canceled. For a caller with orders:any, WeChat Pay decides which states allow it; it does not document them. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of cancelPayAfterOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: CancelInput, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'cancelPayAfterOrder' }, () =>
        cancelOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);

export const OrderSyncType = builder.enumType('OrderSyncType', {
  description: '场景类型: what a sync reports.',
  values: {
    ORDER_PAID: {
      description:
        "订单收款成功 (Order_Paid): the user has paid through the merchant's own channel.",
    },
  },
});

export const SyncDetailInput = builder.inputType('SyncPayAfterOrderDetailInput', {
  description: '内容信息详情: when the order was paid.',
  fields: (t) => ({
    paidTime: t.field({
      type: 'ServiceTime',
      required: true,
      description:
        "收款成功时间: when the user paid through the merchant's own channel, after the completion and before this call. Date and time with seconds: no plain date, no OnAccept.",
    }),
  }),
});

const SyncInput = builder.inputType('SyncPayAfterOrderInput', {
  description: `支付分订单同步: the order that was paid, and when. ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    type: t.field({
      type: OrderSyncType,
      required: true,
      description: '场景类型: always ORDER_PAID, the only value that WeChat Pay documents.',
    }),
    detail: t.field({
      type: SyncDetailInput,
      required: true,
      description: '内容信息详情: when the order was paid.',
    }),
  }),
});

builder.mutationField('syncPayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: changePayload(
      'SyncPayAfterOrderPayload',
      '支付分订单同步: WeChat Pay has recorded the order as paid: its state is USER_PAID.',
    ),
    nullable: false,
    description: `支付分订单同步: reports to WeChat Pay that the user has paid a completed order through the merchant's own channel, for example in cash. Requires orders:complete and orders:any. ${REPEATED_CHANGE} In similar products the order must be completed (FINISHED) and not paid; WeChat Pay decides.`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of syncPayAfterOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: SyncInput, required: true, description: 'The order.' }) },
    resolve: (_, { input: { detail, type: _type, ...ids } }, context) =>
      writing(context, { ...ids, operation: 'syncPayAfterOrder' }, () =>
        syncOrder(context, {
          outOrderNo: ids.outOrderNo,
          paidTime: detail.paidTime,
          ...withDefaults(ids, context),
        }),
      ),
  }),
);
