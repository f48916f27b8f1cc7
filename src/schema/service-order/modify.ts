import { MODIFY, updateServiceOrder } from '../../orders/commands/service-order/update.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, BY_ANALOGY, PLAIN_TEXTS, SERVICE_ID } from '../descriptions.ts';
import { CHANGE_ERRORS } from '../order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import {
  DeviceInput,
  DISCOUNT_AMOUNT,
  DISCOUNT_COUNT,
  FINAL_DISCOUNTS,
  FINAL_PAYMENTS,
  PaymentInput,
  SERVICE_ORDER_NUMBER,
} from './input-parts.ts';
import { updatePayload } from './update-payload.ts';

const DiscountInput = builder.inputType('ModifyServiceOrderDiscountInput', {
  description: `后付费商户优惠: a discount with its amount. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.string({
      description:
        '优惠名称: the name of the discount: at most 20 characters, unique within the order. WeChat Pay marks it as optional here, and does not document when: give it.',
    }),
    description: t.string({
      description: '优惠说明: the description of the discount. At most 30 characters.',
    }),
    amount: t.field({
      type: 'Fen',
      required: true,
      description: DISCOUNT_AMOUNT,
    }),
    count: t.int({ description: DISCOUNT_COUNT }),
  }),
});

const Input = builder.inputType('ModifyServiceOrderInput', {
  description: `修改订单金额: the lower amount, and the reason. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: SERVICE_ORDER_NUMBER }),
    postPayments: t.field({ type: [PaymentInput], required: true, description: FINAL_PAYMENTS }),
    postDiscounts: t.field({ type: [DiscountInput], description: FINAL_DISCOUNTS }),
    totalAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '总金额: the amount that the user pays from now on, in fen: the sum of the items minus the discounts of this input, and lower than before. WeChat Pay does not document whether 0 is allowed.',
    }),
    reason: t.string({
      required: true,
      description: '修改原因: why the amount is lower: 1 to 50 characters.',
    }),
    device: t.field({
      type: DeviceInput,
      description: '设备信息: the machine that provided the service.',
    }),
  }),
});

const Payload = updatePayload(
  'ModifyServiceOrderPayload',
  '修改订单金额: WeChat Pay collects the lower amount from now on.',
);
builder.objectField(Payload, 'totalAmount', (t) =>
  t.field({
    type: 'Fen',
    description: '总金额: the amount to collect, in fen. Null if WeChat Pay sent none.',
    resolve: ({ order }) => order?.collection?.totalAmount ?? order?.totalAmount ?? null,
  }),
);

builder.mutationField('modifyServiceOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: Payload,
    nullable: false,
    description:
      '修改订单金额: lowers the amount of a service order that is completed and not paid. May be called several times, each time with a lower amount. When the user has paid, refund the difference instead, by the refund API of WeChat Pay (申请退款), which this server does not offer. Requires orders:complete and orders:any. Idempotent: a repeat of the last call succeeds without a new effect; a repeat of an earlier one, which a later one has replaced, is an OrderStateError. While the outcome of an earlier call is unknown, different input is an OrderConflictError.',
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of modifyServiceOrder: its payload, or an error.' },
    },
    args: {
      input: t.arg({
        type: Input,
        required: true,
        description: 'The order, and its lower amount.',
      }),
    },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'modifyServiceOrder' }, () =>
        updateServiceOrder(context, MODIFY, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
