import { completeOrder } from '../../orders/commands/pay-after-order/complete.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  APPID,
  BY_ANALOGY,
  NOTHING_COLLECTED,
  ORDER_NUMBER,
  PLAIN_TEXTS,
  REPEATED_CHANGE,
  SERVICE_ID,
} from '../descriptions.ts';
import { CHANGE_ERRORS } from '../order/order-errors.ts';
import { withDefaults, writing } from '../resolver.ts';
import { PayAfterFinishTypeInput } from './enums.ts';
import { changePayload } from './update-payload.ts';

const FeeInput = builder.inputType('CompletePayAfterOrderFeeInput', {
  description: `后付费项目: an item to charge. For a fee that was also given at creation, feeDesc and feeCount are allowed but not sent, because WeChat Pay rejects them there. ${BY_ANALOGY}`,
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称: the name of the fee; for a fee given at creation, the same name. By analogy: 1 to 20 characters, unique within the order.',
    }),
    feeCount: t.int({
      description:
        '付费数量: the quantity; not sent for a fee given at creation. If omitted, 1 at creation; WeChat Pay documents no default here. By analogy: from 1 to 100.',
    }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额: the total of the item, not the unit price, in fen. Give it for every fee that is charged: a fee without it counts as 0 in totalAmount. By analogy: this or feeDesc is required.',
    }),
    feeDesc: t.string({
      description:
        '计费说明: how the fee is calculated, for example `2 yuan per hour`. By analogy: at most 30 characters.',
    }),
  }),
});

const DiscountInput = builder.inputType('CompletePayAfterOrderDiscountInput', {
  description: `商户优惠: a discount with its amount. ${BY_ANALOGY}`,
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount; for one given at creation, the same name. At most 20 characters. By analogy: not empty and unique within the order.',
    }),
    discountAmount: t.field({
      type: 'Fen',
      required: true,
      description: '优惠金额: the amount of the discount, in fen; 0 is allowed.',
    }),
    discountDesc: t.string({
      description: '优惠说明: the description of the discount. By analogy: at most 30 characters.',
    }),
  }),
});

const Input = builder.inputType('CompletePayAfterOrderInput', {
  description: `完结先享后付订单: the final amounts, times and location of the service. Only WeChat Pay checks whether they are consistent with those given at creation. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({ description: APPID }),
    serviceId: t.string({ description: SERVICE_ID }),
    outOrderNo: t.string({ required: true, description: ORDER_NUMBER }),
    finishType: t.field({
      type: PayAfterFinishTypeInput,
      required: true,
      description: '完结类型: whether the service was used.',
    }),
    finishTicket: t.string({
      description:
        '完结凭证: an opaque string that WeChat Pay issues for the confirmed order, and requires to complete it. Normally omit it: the server fetches it from WeChat Pay. A different ticket does not count as different input. By analogy: at most 512 characters.',
    }),
    totalAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '总金额: the amount that the user pays, in fen; 0 if finishType is UNUSED. By analogy: the sum of the fees minus the discounts of this input, and at most the riskAmount.',
    }),
    profitSharing: t.boolean({
      description:
        '是否需要分账: whether the payment is shared with other recipients (profit sharing). If omitted, it is not sent; WeChat Pay does not document its default.',
    }),
    cancelReason: t.string({
      description:
        '取消原因: why the service was not used. WeChat Pay does not document its effect if finishType is FINISHED. By analogy: required if finishType is UNUSED; at most 30 characters.',
    }),
    realServiceStartTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务开始时间: when the service started; optional. WeChat Pay does not document what it records without it. By analogy: date and time with seconds; no plain date, no OnAccept.',
    }),
    realServiceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务结束时间: when the service ended. By analogy: date and time with seconds, no plain date, no OnAccept; after realServiceStartTime, not in the future; required if no serviceEndTime was given at creation. WeChat Pay does not document whether it is also required with finishType UNUSED.',
    }),
    realServiceEndLocation: t.string({
      description:
        '实际服务结束地点: where the service ended. By analogy: at most 20 characters; omit it if it equals serviceStartLocation or serviceEndLocation of the order, and with finishType UNUSED; required otherwise.',
    }),
    fees: t.field({
      type: [FeeInput],
      description:
        '后付费项目列表: all fees to charge. List those given at creation again, by the same feeName: totalAmount is checked against this list. With finishType UNUSED, omit it. By analogy: fees or cancelReason is required; without any fee totalAmount is 0; at most 100, including those given at creation.',
    }),
    discounts: t.field({
      type: [DiscountInput],
      description:
        '商户优惠列表: all discounts with their amounts, those given at creation too, by the same discountName. With finishType UNUSED, omit it. At most 5, including those given at creation.',
    }),
  }),
});

builder.mutationField('completePayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: changePayload(
      'CompletePayAfterOrderPayload',
      `完结先享后付订单: the order was completed. This does not mean that the user has paid: WeChat Pay collects the payment by itself. The state becomes USER_PAID when the user has paid, and is FINISHED until then. With totalAmount 0, as with finishType UNUSED, nothing is collected; ${NOTHING_COLLECTED} USER_PAID.`,
    ),
    nullable: false,
    description: `完结先享后付订单: completes an order that the user has confirmed (USER_ACCEPTED); WeChat Pay then collects the payment by itself. Success does not mean that the user has paid: wait for USER_PAID. With totalAmount 0, as with finishType UNUSED, nothing is collected; ${NOTHING_COLLECTED} USER_PAID. Requires orders:complete and orders:any: usually your back end calls it. ${REPEATED_CHANGE}`,
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'Result of completePayAfterOrder: its payload, or an error.' },
    },
    args: {
      input: t.arg({
        type: Input,
        required: true,
        description: 'The order to complete, and its final amounts.',
      }),
    },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'completePayAfterOrder' }, () =>
        completeOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
