import type { ServiceOrder } from '../../wechat/index.ts';
import { builder } from '../builder.ts';
import { WITH_COUPONS } from '../descriptions.ts';
import { knownValue } from '../enum-values.ts';
import { CollectionPaidTypeEnum, CollectionStateEnum } from './enums.ts';

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;
type Collection = NonNullable<ServiceOrder['collection']>;
type Detail = Listed<Collection['details']>;

const PromotionDetail = builder
  .objectRef<Listed<Detail['promotionDetail']>>('PromotionDetail')
  .implement({
    description: '优惠功能: a coupon that the payment used.',
    fields: (t) => ({
      couponId: t.exposeString('couponId', { description: '券ID: the id of the coupon.' }),
      name: t.exposeString('name', { description: '优惠名称: the name of the discount.' }),
      scope: t.exposeString('scope', {
        description: '优惠范围: GLOBAL (the whole order) or SINGLE (one of the goods).',
      }),
      type: t.exposeString('type', {
        description: '优惠类型: the kind of the coupon, CASH or NOCASH, as WeChat Pay names it.',
      }),
      amount: t.expose('amount', {
        type: 'Fen',
        description: '优惠券面额: the face value of the coupon, in fen.',
      }),
      stockId: t.exposeString('stockId', { description: '活动ID: the id of the promotion.' }),
      wechatpayContribute: t.expose('wechatpayContribute', {
        type: 'Fen',
        description: '微信出资: the part that WeChat Pay bears, in fen.',
      }),
      merchantContribute: t.expose('merchantContribute', {
        type: 'Fen',
        description: '商户出资: the part that the merchant bears, in fen.',
      }),
      otherContribute: t.expose('otherContribute', {
        type: 'Fen',
        description: '其他出资: the part that others bear, in fen.',
      }),
      currency: t.exposeString('currency', { description: '优惠币种: the currency: CNY.' }),
    }),
  });

const CollectionDetail = builder.objectRef<Detail>('CollectionDetail').implement({
  description: '收款明细: one payment of a collection. Its fields are null before it is paid.',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: '收款序号: the number of the payment, from 1.' }),
    amount: t.expose('amount', {
      type: 'Fen',
      description: `单笔收款金额: the amount of the payment, in fen. ${WITH_COUPONS}`,
    }),
    paidType: t.field({
      type: CollectionPaidTypeEnum,
      description: '收款成功渠道: who collected it.',
      resolve: ({ paidType }, _, { log }) =>
        paidType === null ? null : knownValue(['NEWTON', 'MCH'], 'paid_type', paidType, log),
    }),
    paidTypeRaw: t.exposeString('paidType', {
      description: '收款成功渠道: who collected it, exactly as WeChat Pay names it.',
    }),
    paidTime: t.expose('paidTime', {
      type: 'ServiceTime',
      description: '收款成功时间: when the user paid.',
    }),
    transactionId: t.exposeString('transactionId', {
      description:
        "微信支付交易单号: WeChat Pay's id of the payment, for refunds. Only if WeChat Pay collected it.",
    }),
    promotionDetail: t.expose('promotionDetail', {
      type: [PromotionDetail],
      description: '优惠功能: the coupons that the payment used.',
    }),
  }),
});

export const CollectionType = builder.objectRef<Collection>('ServiceOrderCollection').implement({
  description: '收款信息: how the payment of a completed order is collected.',
  fields: (t) => ({
    state: t.field({
      type: CollectionStateEnum,
      nullable: false,
      description:
        '收款状态: whether the user has paid. Rely on it, not on the amounts of this type.',
      resolve: ({ state }, _, { log }) =>
        knownValue(['USER_PAYING', 'USER_PAID'], 'collection.state', state, log),
    }),
    stateRaw: t.exposeString('state', {
      nullable: false,
      description: '收款状态: the state exactly as WeChat Pay names it.',
    }),
    totalAmount: t.expose('totalAmount', {
      type: 'Fen',
      description: '总收款金额: the amount to collect, in fen.',
    }),
    payingAmount: t.expose('payingAmount', {
      type: 'Fen',
      description: '待收金额: what is still to be paid, in fen.',
    }),
    paidAmount: t.expose('paidAmount', {
      type: 'Fen',
      description: '已收金额: what was paid, in fen.',
    }),
    details: t.field({
      type: [CollectionDetail],
      nullable: false,
      description: '收款明细列表: the payments of the collection. Empty if WeChat Pay sends none.',
      resolve: ({ details }) => details ?? [],
    }),
  }),
});
