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
    '后付费项目 to charge. For fees already given at creation, the server omits description and count, because WeChat Pay rejects them.',
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称: the name of the fee. By analogy: not empty, at most 20 characters, unique within the order.',
    }),
    feeCount: t.int({ description: '付费数量: the quantity. By analogy: from 1 to 100.' }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额 in fen: the total of the item. By analogy: this or feeDesc is required.',
    }),
    feeDesc: t.string({
      description: '计费说明: how the fee is calculated. By analogy: at most 30 characters.',
    }),
  }),
});

const DiscountInput = builder.inputType('CompletePayAfterOrderDiscountInput', {
  description: '商户优惠: a discount with its amount.',
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount. At most 20 characters. By analogy: not empty, unique within the order.',
    }),
    discountAmount: t.field({
      type: 'Fen',
      required: true,
      description: '优惠金额 in fen; 0 is allowed.',
    }),
    discountDesc: t.string({
      description: '优惠说明: the description of the discount. By analogy: at most 30 characters.',
    }),
  }),
});

const Input = builder.inputType('CompletePayAfterOrderInput', {
  description:
    '完结先享后付订单: the final amounts, times and location of the service. Only WeChat Pay checks whether the times and locations are consistent with those given at creation.',
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
        '完结凭证: the ticket that authorizes the completion, from a query or a webhook. If omitted, the server fetches the current one. By analogy: at most 512 characters.',
    }),
    totalAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '总金额 in fen: the amount that the user pays; 0 if finishType is UNUSED. By analogy: the sum of all fees minus all discounts, at most the riskAmount.',
    }),
    profitSharing: t.boolean({
      description:
        '是否需要分账: whether the payment is shared with other recipients (profit sharing).',
    }),
    cancelReason: t.string({
      description:
        '取消原因: why the service was not used. By analogy: required if finishType is UNUSED; at most 30 characters.',
    }),
    realServiceStartTime: t.field({
      type: 'ServiceTime',
      description: '实际服务开始时间: when the service started. By analogy: to the second.',
    }),
    realServiceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '实际服务结束时间: when the service ended. By analogy: to the second, after the start, not in the future; required if no serviceEndTime was given at creation.',
    }),
    realServiceEndLocation: t.string({
      description:
        '实际服务结束地点: where the service ended. By analogy: only if it differs from the locations given at creation; at most 20 characters.',
    }),
    fees: t.field({
      type: [FeeInput],
      description:
        '后付费项目列表: the fees to charge. By analogy: this or cancelReason is required; at most 100 items including those given at creation.',
    }),
    discounts: t.field({
      type: [DiscountInput],
      description:
        '商户优惠列表: the discounts. At most 5 items including those given at creation.',
    }),
  }),
});

builder.mutationField('completePayAfterOrder', (t) =>
  t.field({
    ...requireScope('orders:complete'),
    type: changePayload(
      'CompletePayAfterOrderPayload',
      '完结先享后付订单: the order was completed. The user has not paid yet: WeChat Pay collects the payment later, and the order becomes USER_PAID.',
    ),
    nullable: false,
    description:
      '完结先享后付订单: completes an order that the user has confirmed, and charges the user. Requires orders:complete and orders:any. Idempotent: a repeat with the same input succeeds without a new effect; with different input it is an OrderConflictError.',
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
      writing(context, input, () =>
        completeOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
