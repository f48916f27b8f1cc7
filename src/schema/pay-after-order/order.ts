import type { PayAfterOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { NULL_FIELDS, STATE_RAW } from '../descriptions.ts';
import { NodeInterface } from '../order/node.ts';
import { OrderInterface } from '../order/order.ts';
import { PayAfterFinishType, PayAfterOrderState, toFinishType, toState } from './enums.ts';

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;

const Fee = builder.objectRef<Listed<PayAfterOrder['fees']>>('PayAfterOrderFee').implement({
  description: '后付费项目: an item that the user pays for after the service.',
  fields: (t) => ({
    feeName: t.exposeString('feeName', {
      description: '付费项目名称: the name of the fee, unique within the order.',
    }),
    feeCount: t.exposeInt('feeCount', { description: '付费数量: the quantity.' }),
    feeAmount: t.expose('feeAmount', {
      type: 'Fen',
      description: '付费金额: the total of the item, not the unit price, in fen.',
    }),
    feeDesc: t.exposeString('feeDesc', {
      description: '计费说明: how the fee is calculated, as the merchant described it.',
    }),
  }),
});

const Discount = builder
  .objectRef<Listed<PayAfterOrder['discounts']>>('PayAfterOrderDiscount')
  .implement({
    description: '商户优惠: a discount that the merchant grants.',
    fields: (t) => ({
      discountName: t.exposeString('discountName', {
        description: '优惠名称: the name of the discount.',
      }),
      discountAmount: t.expose('discountAmount', {
        type: 'Fen',
        description:
          '优惠金额: the amount of the discount, in fen. Null before the order is completed.',
      }),
      discountDesc: t.exposeString('discountDesc', {
        description: '优惠说明: the description of the discount.',
      }),
    }),
  });

export const PayAfterOrderType = builder.objectRef<PayAfterOrder>('PayAfterOrder').implement({
  description: `先享后付订单: the current order at WeChat Pay. ${NULL_FIELDS}`,
  interfaces: [OrderInterface, NodeInterface],
  fields: (t) => ({
    state: t.field({
      type: PayAfterOrderState,
      nullable: false,
      description: '订单状态: the state of the order.',
      resolve: ({ state }, _, { log }) => toState(state, log),
    }),
    stateRaw: t.exposeString('state', {
      nullable: false,
      description: `${STATE_RAW} Use it if \`state\` is UNKNOWN.`,
    }),
    finishType: t.field({
      type: PayAfterFinishType,
      description: '完结类型: how the order was completed. Null before that.',
      resolve: ({ finishType }, _, { log }) => toFinishType(finishType, log),
    }),
    serviceStartTime: t.expose('serviceStartTime', {
      type: 'ServiceTime',
      description:
        '服务开始时间: when the service starts. If `OnAccept` was given at creation, the time when the user confirmed; WeChat Pay does not document the value before that.',
    }),
    serviceEndTime: t.expose('serviceEndTime', {
      type: 'ServiceTime',
      description: '预计服务结束时间: when the service is expected to end.',
    }),
    realServiceStartTime: t.expose('realServiceStartTime', {
      type: 'ServiceTime',
      description:
        '实际服务开始时间: when the service started. Null before the order is completed.',
    }),
    realServiceEndTime: t.expose('realServiceEndTime', {
      type: 'ServiceTime',
      description: '实际服务结束时间: when the service ended. Null before the order is completed.',
    }),
    paySuccTime: t.expose('paySuccTime', {
      type: 'ServiceTime',
      description: '支付成功时间: when the user paid. Null before that.',
    }),
    serviceStartLocation: t.exposeString('serviceStartLocation', {
      description: '服务开始地点: where the service starts.',
    }),
    serviceEndLocation: t.exposeString('serviceEndLocation', {
      description: '预计服务结束地点: where the service is expected to end.',
    }),
    realServiceStartLocation: t.exposeString('realServiceStartLocation', {
      description:
        '实际服务开始地点: where the service started. No input sets it. Null before the order is completed.',
    }),
    realServiceEndLocation: t.exposeString('realServiceEndLocation', {
      description: '实际服务结束地点: where the service ended. Null before the order is completed.',
    }),
    fees: t.expose('fees', {
      type: [Fee],
      description: '后付费项目列表: the fees.',
    }),
    discounts: t.expose('discounts', {
      type: [Discount],
      description: '商户优惠列表: the discounts.',
    }),
    attach: t.exposeString('attach', {
      description: '商户数据包: the `attach` given at creation, still URL-encoded.',
    }),
    finishTicket: t.exposeString('finishTicket', {
      ...requireScope('orders:complete'),
      description:
        '完结凭证: an opaque string that completePayAfterOrder sends to WeChat Pay. You normally do not need it: completePayAfterOrder fetches it by itself. Requires orders:complete and orders:any; without them null, with an error in `errors`. Null unless the state is USER_ACCEPTED. It may differ between queries; earlier ones stay valid.',
    }),
    finishTransactionId: t.exposeString('finishTransactionId', {
      description:
        "结单交易单号: the transaction id of the payment at WeChat Pay, for a refund by the refund API of WeChat Pay. Null unless the state is USER_PAID. WeChat Pay does not document it for a payment through the merchant's own channel.",
    }),
    payType: t.exposeString('payType', {
      description:
        "支付方式: how the user paid. `MchChannelPayType`: through the merchant's own channel. WeChat Pay documents no other value, nor the value for a payment that it collected itself.",
    }),
  }),
});
