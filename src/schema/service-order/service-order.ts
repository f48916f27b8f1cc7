import type { ServiceOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { NULL_FIELDS, ORDER_ID, STATE_RAW } from '../descriptions.ts';
import { knownValue } from '../enum-values.ts';
import { NodeInterface } from '../order/node.ts';
import { OrderInterface } from '../order/order.ts';
import { CollectionType } from './collection.ts';
import {
  RiskFundNameEnum,
  ServiceOrderStateDescriptionEnum,
  ServiceOrderStateEnum,
} from './enums.ts';

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;

const Payment = builder
  .objectRef<Listed<ServiceOrder['postPayments']>>('ServiceOrderPayment')
  .implement({
    description: '后付费项目: an item that the user pays for after the service.',
    fields: (t) => ({
      name: t.exposeString('name', {
        description: '付费项目名称: the name of the item, unique within the order.',
      }),
      amount: t.expose('amount', {
        type: 'Fen',
        description: '金额: the total of the item, not the unit price, in fen.',
      }),
      description: t.exposeString('description', {
        description: '计费说明: how the amount is calculated, as the merchant described it.',
      }),
      count: t.exposeInt('count', { description: '付费数量: the quantity.' }),
    }),
  });

const Discount = builder
  .objectRef<Listed<ServiceOrder['postDiscounts']>>('ServiceOrderDiscount')
  .implement({
    description: '后付费商户优惠: a discount that the merchant grants.',
    fields: (t) => ({
      name: t.exposeString('name', { description: '优惠名称: the name of the discount.' }),
      amount: t.expose('amount', {
        type: 'Fen',
        description: '优惠金额: the amount of the discount, in fen.',
      }),
      description: t.exposeString('description', {
        description: '优惠说明: the description of the discount.',
      }),
      count: t.exposeInt('count', { description: '优惠数量: the quantity.' }),
    }),
  });

const RiskFund = builder
  .objectRef<NonNullable<ServiceOrder['riskFund']>>('ServiceOrderRiskFund')
  .implement({
    description:
      '订单风险金: the amount that the merchant can lose if the user does not pay. The user need not deposit it.',
    fields: (t) => ({
      name: t.field({
        type: RiskFundNameEnum,
        description: '风险金名称: the kind of the amount.',
        resolve: ({ name }, _, { log }) =>
          name === null ? null : knownValue(RISK_FUNDS, 'risk_fund.name', name, log),
      }),
      nameRaw: t.exposeString('name', {
        description: '风险金名称: the kind of the amount, exactly as WeChat Pay names it.',
      }),
      amount: t.expose('amount', { type: 'Fen', description: '风险金额: the amount, in fen.' }),
      description: t.exposeString('description', {
        description: '风险说明: what the merchant says about it.',
      }),
    }),
  });

const RISK_FUNDS = ['DEPOSIT', 'ADVANCE', 'CASH_DEPOSIT', 'ESTIMATE_ORDER_COST'] as const;

const TimeRange = builder
  .objectRef<NonNullable<ServiceOrder['timeRange']>>('ServiceOrderTimeRange')
  .implement({
    description:
      '服务时间段: when the service takes place: the planned times, or the real ones once the order is completed.',
    fields: (t) => ({
      startTime: t.expose('startTime', {
        type: 'ServiceTime',
        description:
          '服务开始时间: when the service starts. If `OnAccept` was given at creation, the time when the user confirmed; WeChat Pay does not document the value before that.',
      }),
      startTimeRemark: t.exposeString('startTimeRemark', {
        description: '服务开始时间备注: what the merchant says about the start.',
      }),
      endTime: t.expose('endTime', {
        type: 'ServiceTime',
        description: '服务结束时间: when the service ends.',
      }),
      endTimeRemark: t.exposeString('endTimeRemark', {
        description: '服务结束时间备注: what the merchant says about the end.',
      }),
    }),
  });

const Location = builder
  .objectRef<NonNullable<ServiceOrder['location']>>('ServiceOrderLocation')
  .implement({
    description:
      '服务位置: where the service takes place: the planned places, or the real ones once the order is completed.',
    fields: (t) => ({
      startLocation: t.exposeString('startLocation', {
        description: '服务开始地点: where the service starts.',
      }),
      endLocation: t.exposeString('endLocation', {
        description: '服务结束位置: where the service ends.',
      }),
    }),
  });

export const ServiceOrderType = builder.objectRef<ServiceOrder>('ServiceOrder').implement({
  description: `支付分服务订单: the current service order at WeChat Pay. ${NULL_FIELDS}`,
  interfaces: [OrderInterface, NodeInterface],
  fields: (t) => ({
    orderId: t.exposeString('orderId', { description: ORDER_ID }),
    state: t.field({
      type: ServiceOrderStateEnum,
      nullable: false,
      description:
        '服务订单状态: the state of the order. It does not say everything: use `status`.',
      resolve: ({ state }, _, { log }) => knownValue(STATES, 'state', state, log),
    }),
    stateRaw: t.exposeString('state', {
      nullable: false,
      description: `${STATE_RAW} Use it if \`state\` is UNKNOWN.`,
    }),
    stateDescription: t.field({
      type: ServiceOrderStateDescriptionEnum,
      description: '订单状态说明: how far an order in progress is. Null unless the state is DOING.',
      resolve: ({ state, stateDescription: word }, _, { log }) =>
        state === 'DOING' && word !== null
          ? knownValue(['USER_CONFIRM', 'MCH_COMPLETE'], 'state_description', word, log)
          : null,
    }),
    stateDescriptionRaw: t.exposeString('stateDescription', {
      description:
        '订单状态说明: the same exactly as WeChat Pay names it, in any state; in records and events it is null unless the state is DOING.',
    }),
    postPayments: t.expose('postPayments', {
      type: [Payment],
      description: '后付费项目列表: the items that the user pays for.',
    }),
    postDiscounts: t.expose('postDiscounts', {
      type: [Discount],
      description: '商户优惠列表: the discounts.',
    }),
    riskFund: t.expose('riskFund', {
      type: RiskFund,
      description: '订单风险金信息: the amount at risk.',
    }),
    timeRange: t.expose('timeRange', {
      type: TimeRange,
      description: '服务时间段: when the service takes place.',
    }),
    location: t.expose('location', {
      type: Location,
      description: '服务位置: where the service takes place.',
    }),
    attach: t.exposeString('attach', {
      description: '商户数据包: the `attach` given at creation, still URL-encoded.',
    }),
    notifyUrl: t.exposeString('notifyUrl', {
      description: '商户回调地址: where WeChat Pay sends its webhooks about the order.',
    }),
    openid: t.exposeString('openid', {
      ...requireScope('orders:any'),
      description:
        "用户标识: the user's openid under the appid. Requires orders:any; without it null, with an error in `errors`. Null before the user has confirmed.",
    }),
    needCollection: t.exposeBoolean('needCollection', {
      description:
        '是否需要收款: whether WeChat Pay collects a payment. Null before the order is completed.',
    }),
    collection: t.expose('collection', {
      type: CollectionType,
      description:
        '收款信息: how the payment is collected. Null before the order is completed, and if there is nothing to collect.',
    }),
  }),
});

export const STATES = ['CREATED', 'DOING', 'DONE', 'REVOKED', 'EXPIRED'] as const;
