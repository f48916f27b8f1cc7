import { COMPLETE, updateServiceOrder } from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  APPID,
  BY_ANALOGY,
  NOTHING_COLLECTED,
  PLAIN_TEXTS,
  REPEATED_CHANGE,
  SERVICE_ID,
} from '../descriptions.ts';
import { CHANGE_ERRORS } from '../order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import {
  DeviceInput,
  FINAL_DISCOUNTS,
  FINAL_PAYMENTS,
  FinalDiscountInput,
  LocationInput,
  PaymentInput,
  SERVICE_ORDER_NUMBER,
} from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const TimeRangeInput = builder.inputType('CompleteServiceOrderTimeRangeInput', {
  description:
    '实际服务时间段: when the service took place. Plain dates are allowed, OnAccept is not.',
  fields: (t) => ({
    startTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务开始时间: when the service started. Omit it if OnAccept was given at creation; otherwise give it.',
    }),
    endTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务结束时间: when the service ended: after the start, not in the future. Required if no endTime was given at creation.',
    }),
  }),
});

const REPLACES_PLAN =
  'It replaces that of the creation; WeChat Pay does not document what it shows if it is omitted.';

const Input = builder.inputType('CompleteServiceOrderInput', {
  description: `完结支付分订单: the final amounts, times and places of the service. Only WeChat Pay checks whether they are consistent with those given at creation. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
    postPayments: t.field({ type: [PaymentInput], required: true, description: FINAL_PAYMENTS }),
    postDiscounts: t.field({ type: [FinalDiscountInput], description: FINAL_DISCOUNTS }),
    totalAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '总金额: the amount that the user pays, in fen: the sum of the items minus the discounts of this input. 0 if there is nothing to pay. At most the amount of the risk fund if its name is DEPOSIT, ADVANCE or CASH_DEPOSIT (先免); if it is ESTIMATE_ORDER_COST (先享), at most the limit that WeChat Pay set for the service.',
    }),
    timeRange: t.field({
      type: TimeRangeInput,
      description: `实际服务时间段: when the service took place. Required if no endTime was given at creation. ${REPLACES_PLAN}`,
    }),
    location: t.field({
      type: LocationInput,
      description: `服务位置: where the service took place. WeChat Pay lists only endLocation here; startLocation is sent if given. ${REPLACES_PLAN}`,
    }),
    profitSharing: t.boolean({
      description:
        '微信支付服务分账标记: whether the payment is shared with other recipients (profit sharing). If omitted, false.',
    }),
    goodsTag: t.string({
      description:
        '订单优惠标记: a tag of the coupons of the merchant that the payment may use. The documents of service orders do not explain where it is defined. At most 32 characters.',
    }),
    device: t.field({
      type: DeviceInput,
      description:
        '设备信息: the machine that provided the service. WeChat Pay does not document whether that of the creation remains if it is omitted.',
    }),
  }),
});

const Payload = updatePayload(
  'CompleteServiceOrderPayload',
  `完结支付分订单: the service order was completed. This does not mean that the user has paid: WeChat Pay collects the payment by itself. The status becomes PAID when the user has paid, and is COMPLETED until then. With totalAmount 0 nothing is collected; ${NOTHING_COLLECTED} PAID.`,
);
builder.objectField(Payload, 'totalAmount', (t) =>
  t.field({
    type: 'Fen',
    description: '总金额: the amount that the user pays, in fen. Null if WeChat Pay sent none.',
    resolve: ({ order }) => order?.totalAmount ?? null,
  }),
);
builder.objectField(Payload, 'needCollection', (t) =>
  t.boolean({
    description:
      '是否需要收款: whether WeChat Pay collects a payment; false if there is nothing to pay. Null if WeChat Pay sent none.',
    resolve: ({ order }) => order?.needCollection ?? null,
  }),
);

builder.mutationField('completeServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: Payload,
    nullable: false,
    description: `完结支付分订单: completes a service order that the user has confirmed (ACCEPTED); WeChat Pay then collects the payment by itself, until the user has paid. Success does not mean that the user has paid: wait for PAID. If the service was used and there is nothing to pay, complete with totalAmount 0; ${NOTHING_COLLECTED} PAID. If it was not used, use cancelServiceOrder. Requires orders:complete and orders:any: usually your back end calls it. ${REPEATED_CHANGE} Use the same times again in a repeat: another endTime is different input.`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of completeServiceOrder: its payload, or an error.' },
    },
    args: {
      input: t.arg({
        type: Input,
        required: true,
        description: 'The order to complete, and its final amounts.',
      }),
    },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'completeServiceOrder' }, () =>
        updateServiceOrder(context, COMPLETE, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
