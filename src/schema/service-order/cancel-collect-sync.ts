import {
  CANCEL,
  COLLECT,
  SYNC,
  updateServiceOrder,
} from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, PLAIN_TEXTS, REPEATED_CHANGE, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from '../order/order-errors.ts';
import { OrderSyncType, SyncDetailInput } from '../pay-after-order/cancel-and-sync.ts';
import { withDefaults, writing } from '../resolver.ts';
import { SERVICE_ORDER_NUMBER } from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const CancelInput = builder.inputType('CancelServiceOrderInput', {
  description: `取消支付分订单: the order to cancel, and the reason. ${PLAIN_TEXTS}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
    reason: t.string({
      required: true,
      description:
        '取消原因: the reason for the cancellation, which the user sees: 1 to 50 characters.',
    }),
  }),
});

builder.mutationField('cancelServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:cancel'),
    type: updatePayload(
      'CancelServiceOrderPayload',
      '取消支付分订单: the service order was canceled: its status is CANCELED.',
    ),
    nullable: false,
    description: `取消支付分订单: cancels a service order. Requires orders:cancel. A caller without orders:any may cancel only its own order (else OrderNotFoundError), and only while it is CREATED (else OrderStateError); if the user confirms at the same moment, the confirmed order may be canceled. A caller with orders:any may also cancel a confirmed order (ACCEPTED). WeChat Pay's documents disagree whether a completed order that is not paid can be canceled; WeChat Pay decides. To lower its amount, use modifyServiceOrder; if the user has paid elsewhere, use syncServiceOrder. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of cancelServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: CancelInput, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'cancelServiceOrder' }, () =>
        updateServiceOrder(context, CANCEL, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);

/** The only write that a repeat sends again. */
const COLLECTED_AGAIN =
  'False: every call is one more attempt to collect (催收). True only if WeChat Pay refused this one and a concurrent call with the same input took effect.';

const CollectInput = builder.inputType('CollectServiceOrderInput', {
  description: '商户发起催收扣款: the order whose payment WeChat Pay is to collect now.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
  }),
});

builder.mutationField('collectServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: updatePayload(
      'CollectServiceOrderPayload',
      '商户发起催收扣款: WeChat Pay tries to collect the payment. This does not mean that the user has paid: wait for PAID.',
      COLLECTED_AGAIN,
    ),
    nullable: false,
    description:
      "商户发起催收扣款 (WeChat Pay's endpoint `pay`): requests that WeChat Pay tries to collect the payment of a completed order now, in addition to its own attempts. Requires orders:complete and orders:any. Not idempotent: every call is one more attempt. An order is paid only once: what is already paid is an OrderStateError. OrderConflictError: only while the outcome of an earlier call with another appid or serviceId is unknown, or if WeChat Pay reports a conflict.",
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of collectServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: CollectInput, required: true, description: 'The order.' }) },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'collectServiceOrder' }, () =>
        updateServiceOrder(context, COLLECT, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);

const SyncInput = builder.inputType('SyncServiceOrderInput', {
  description: '同步服务订单信息: the order that was paid, and when.',
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
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

/** WeChat Pay's value of ORDER_PAID. */
const ORDER_PAID = 'Order_Paid';

builder.mutationField('syncServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: updatePayload(
      'SyncServiceOrderPayload',
      '同步服务订单信息: WeChat Pay has recorded the order as paid: its status is PAID.',
    ),
    nullable: false,
    description: `同步服务订单信息: reports to WeChat Pay that the user has paid a completed order through the merchant's own channel, for example in cash. The status must be COMPLETED. If WeChat Pay collects the payment at the same time, the user has paid twice: refund one of the two payments. Requires orders:complete and orders:any. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of syncServiceOrder: its payload, or an error.' },
    },
    args: { input: t.arg({ type: SyncInput, required: true, description: 'The order.' }) },
    resolve: (_, { input: { outOrderNo, detail, ...ids } }, context) =>
      writing(context, { outOrderNo, operation: 'syncServiceOrder' }, () =>
        updateServiceOrder(context, SYNC, {
          ...withDefaults(ids, context),
          outOrderNo,
          type: ORDER_PAID,
          detail,
        }),
      ),
  }),
);
