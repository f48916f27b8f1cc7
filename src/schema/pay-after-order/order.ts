import type { PayAfterOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { launch, PayAfterLaunch } from '../launch.ts';
import { PayAfterFinishType, PayAfterOrderState, toFinishType, toState } from './enums.ts';

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;

const Fee = builder.objectRef<Listed<PayAfterOrder['fees']>>('PayAfterOrderFee').implement({
  description: '后付费项目: something the user pays for afterwards.',
  fields: (t) => ({
    feeName: t.exposeString('feeName', { description: '付费项目名称. Unique within the order.' }),
    feeCount: t.exposeInt('feeCount', { description: '付费数量.' }),
    feeAmount: t.expose('feeAmount', {
      type: 'Fen',
      description: '付费金额, in fen: the total of the item, not the price of one.',
    }),
    feeDesc: t.exposeString('feeDesc', { description: '计费说明: how the fee is reckoned.' }),
  }),
});

const Discount = builder
  .objectRef<Listed<PayAfterOrder['discounts']>>('PayAfterOrderDiscount')
  .implement({
    description: '商户优惠: a discount that the merchant grants.',
    fields: (t) => ({
      discountName: t.exposeString('discountName', { description: '优惠名称.' }),
      discountAmount: t.expose('discountAmount', {
        type: 'Fen',
        description: '优惠金额, in fen. Known once the order is completed.',
      }),
      discountDesc: t.exposeString('discountDesc', { description: '优惠说明.' }),
    }),
  });

const NULL_RULE = 'Null where WeChat Pay sent none, or nothing that could be read.';

export const PayAfterOrderType = builder.objectRef<PayAfterOrder>('PayAfterOrder').implement({
  description: `先享后付订单, as WeChat Pay shows it now. Only the four ids and the state are always there. ${NULL_RULE}`,
  fields: (t) => ({
    appid: t.exposeString('appid', { nullable: false, description: '应用ID.' }),
    mchid: t.exposeString('mchid', { nullable: false, description: '商户号.' }),
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: "商户服务订单号: the merchant's own number of the order.",
    }),
    serviceId: t.exposeString('serviceId', { nullable: false, description: '服务ID.' }),
    state: t.field({
      type: PayAfterOrderState,
      nullable: false,
      description: '订单状态: where the order stands.',
      resolve: ({ state }, _, { log }) => toState(state, log),
    }),
    stateRaw: t.exposeString('state', {
      nullable: false,
      description: "订单状态 in WeChat's own word, also where `state` is UNKNOWN.",
    }),
    finishType: t.field({
      type: PayAfterFinishType,
      description: '完结类型: how the order was completed. Null before that.',
      resolve: ({ finishType }, _, { log }) => toFinishType(finishType, log),
    }),
    serviceStartTime: t.expose('serviceStartTime', {
      type: 'ServiceTime',
      description:
        '服务开始时间. Ordered as `OnAccept` it becomes the moment of acceptance; what stands here before that is not known.',
    }),
    serviceEndTime: t.expose('serviceEndTime', {
      type: 'ServiceTime',
      description: '预计服务结束时间, as it was ordered.',
    }),
    realServiceStartTime: t.expose('realServiceStartTime', {
      type: 'ServiceTime',
      description: '实际服务开始时间, told when the order is completed.',
    }),
    realServiceEndTime: t.expose('realServiceEndTime', {
      type: 'ServiceTime',
      description: '实际服务结束时间, told when the order is completed.',
    }),
    paySuccTime: t.expose('paySuccTime', {
      type: 'ServiceTime',
      description: '支付成功时间: when the user paid.',
    }),
    serviceStartLocation: t.exposeString('serviceStartLocation', {
      description: '服务开始地点.',
    }),
    serviceEndLocation: t.exposeString('serviceEndLocation', {
      description: '预计服务结束地点.',
    }),
    realServiceStartLocation: t.exposeString('realServiceStartLocation', {
      description: '实际服务开始地点.',
    }),
    realServiceEndLocation: t.exposeString('realServiceEndLocation', {
      description: '实际服务结束地点, told when the order is completed.',
    }),
    serviceIntroduction: t.exposeString('serviceIntroduction', {
      description: '服务信息: what the order is for.',
    }),
    fees: t.expose('fees', {
      type: [Fee],
      description: '后付费项目列表.',
    }),
    discounts: t.expose('discounts', {
      type: [Discount],
      description: '商户优惠列表.',
    }),
    riskAmount: t.expose('riskAmount', {
      type: 'Fen',
      description: '订单风险金额, in fen: the most that this order can cost.',
    }),
    totalAmount: t.expose('totalAmount', {
      type: 'Fen',
      description: '总金额, in fen: fees less discounts. Null before the order is completed.',
    }),
    attach: t.exposeString('attach', {
      description: '商户数据包: what the merchant attached, unchanged.',
    }),
    finishTicket: t.exposeString('finishTicket', {
      ...requireScope('orders:complete'),
      description:
        '完结凭证: needed to complete the order. Only while the state is USER_ACCEPTED; it may differ between queries, and each one given stays valid.',
    }),
    finishTransactionId: t.exposeString('finishTransactionId', {
      description:
        '结单交易单号: the transaction_id of the payment, for a refund. Only when the state is USER_PAID.',
    }),
    payType: t.exposeString('payType', {
      description:
        "支付方式. `MchChannelPayType`: paid through the merchant's own channel. No other word is known.",
    }),
    launch: t.field({
      type: PayAfterLaunch,
      description:
        'What opens the page of WeChat Pay that shows the order (调起支付分订单详情页, wxpayScoreDetail).',
      resolve: ({ serviceId, outOrderNo }, _, context) =>
        launch('wxpayScoreDetail', { service_id: serviceId, out_order_no: outOrderNo }, context),
    }),
  }),
});
