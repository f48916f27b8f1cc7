import { completeOrder } from '../../orders/commands/complete-order.ts';
import { withDefaults } from '../arguments.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { APPID, ORDER_NUMBER, SERVICE_ID } from '../descriptions.ts';
import { PayAfterFinishTypeInput } from './enums.ts';
import { CHANGE_ERRORS } from './order-errors.ts';
import { writing } from './order-query.ts';
import { changePayload } from './update-payload.ts';

const FeeInput = builder.inputType('CompletePayAfterOrderFeeInput', {
  description:
    '后付费项目 as it is to be paid. Of a fee that was given at create, description and count are left out for WeChat Pay by this server: WeChat Pay refuses them.',
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称. By analogy: not empty, at most 20 characters, unique within the order.',
    }),
    feeCount: t.int({ description: '付费数量. By analogy: from 1 to 100.' }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额, in fen: the total of the item. By analogy: this or feeDesc is required.',
    }),
    feeDesc: t.string({ description: '计费说明. By analogy: at most 30 characters.' }),
  }),
});

const DiscountInput = builder.inputType('CompletePayAfterOrderDiscountInput', {
  description: '商户优惠 with its amount.',
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称. At most 20 characters; by analogy: not empty, unique within the order.',
    }),
    discountAmount: t.field({
      type: 'Fen',
      required: true,
      description: '优惠金额, in fen; 0 is allowed.',
    }),
    discountDesc: t.string({ description: '优惠说明. By analogy: at most 30 characters.' }),
  }),
});

const Input = builder.inputType('CompletePayAfterOrderInput', {
  description:
    '完结先享后付订单: how an order ends. Rules between these places and times and those of the create are checked by WeChat Pay alone.',
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
        '完结凭证, from a query or a notification. Left out, the server asks WeChat Pay for the present one. By analogy: at most 512 characters.',
    }),
    totalAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '总金额, in fen: 0 where finishType is UNUSED. By analogy: the sum of all fees less all discounts, at most the riskAmount.',
    }),
    profitSharing: t.boolean({ description: '是否需要分账: whether the money is to be shared.' }),
    cancelReason: t.string({
      description:
        '取消原因. By analogy: must be given where finishType is UNUSED; at most 30 characters.',
    }),
    realServiceStartTime: t.field({
      type: 'ServiceTime',
      description: '实际服务开始时间. By analogy: to the second.',
    }),
    realServiceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务结束时间. By analogy: to the second, after the start, not in the future; required if the create named no end.',
    }),
    realServiceEndLocation: t.string({
      description:
        '实际服务结束地点. By analogy: only where it differs from what the create says; at most 20 characters.',
    }),
    fees: t.field({
      type: [FeeInput],
      description:
        "后付费项目列表. By analogy: this or cancelReason is required; at most 100 items with the create's.",
    }),
    discounts: t.field({
      type: [DiscountInput],
      description: "商户优惠列表. At most 5 items with the create's.",
    }),
  }),
});

builder.mutationField('completePayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: changePayload(
      'CompletePayAfterOrderPayload',
      '完结先享后付订单 has succeeded. The money is not there yet: WeChat Pay debits the user, and the order becomes USER_PAID.',
    ),
    nullable: false,
    description:
      '完结先享后付订单, once the user has confirmed it. Requires orders:complete and orders:any. Safe to repeat with the same input; with another one it is an OrderConflictError. What took effect is never reported as failed.',
    errors: {
      types: CHANGE_ERRORS,
      union: { description: 'What came of completePayAfterOrder.' },
    },
    args: { input: t.arg({ type: Input, required: true, description: 'How the order ends.' }) },
    resolve: (_, { input }, context) =>
      writing(context, input, () =>
        completeOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
