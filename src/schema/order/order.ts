import {
  type OrderPayment,
  type OrderView,
  viewOfPayAfterOrder,
  viewOfServiceOrder,
} from '../../orders/products/order-view.ts';
import { builder } from '../builder.ts';
import {
  LAUNCH_ERROR,
  LIVEMODE,
  NULL_FIELDS,
  ORDER_IDS,
  PAID_AMOUNT,
  RISK_AMOUNT,
  WITH_COUPONS,
} from '../descriptions.ts';
import { LaunchType, launch } from '../launch.ts';
import { loadRecord, OrderRecordRef } from '../order-record/record-loader.ts';
import { OrderProductEnum, OrderStatusEnum, PaymentChannelEnum } from './enums.ts';
import { type LiveOrder, liveTypeOf, NodeInterface } from './node.ts';

const PaymentType = builder.objectRef<OrderPayment>('OrderPayment').implement({
  description: 'A payment of an order (支付单).',
  fields: (t) => ({
    transactionId: t.exposeString('transactionId', {
      description:
        "微信支付交易单号: WeChat Pay's id of the payment, for refunds. Null if WeChat Pay did not collect it.",
    }),
    amount: t.expose('amount', {
      type: 'Fen',
      description: `金额: the amount of the payment, in fen. ${WITH_COUPONS}`,
    }),
    paidTime: t.expose('paidTime', {
      type: 'ServiceTime',
      description: '支付成功时间: when the user paid.',
    }),
    channel: t.expose('channel', {
      type: PaymentChannelEnum,
      nullable: false,
      description:
        '收款渠道: who collected the payment. Of a pay-after order WECHAT if WeChat Pay shows a transaction of its own.',
    }),
  }),
});

/** What the orders of both products share. */
function viewOf(order: LiveOrder): OrderView {
  return 'timeRange' in order ? viewOfServiceOrder(order) : viewOfPayAfterOrder(order);
}

export const OrderInterface = builder.interfaceRef<LiveOrder>('Order').implement({
  description: `The current order at WeChat Pay, of either product (订单): what both have in common. Select \`... on PayAfterOrder\` or \`... on ServiceOrder\` for more. ${NULL_FIELDS}`,
  interfaces: [NodeInterface],
  resolveType: liveTypeOf,
  fields: (t) => ({
    product: t.field({
      type: OrderProductEnum,
      nullable: false,
      description: 'Which product the order belongs to (产品).',
      resolve: (order) => viewOf(order).product,
    }),
    livemode: t.boolean({
      nullable: false,
      description: LIVEMODE,
      resolve: (_order, _args, { livemode }) => livemode,
    }),
    mchid: t.exposeString('mchid', { nullable: false, description: ORDER_IDS.mchid }),
    appid: t.exposeString('appid', { nullable: false, description: ORDER_IDS.appid }),
    serviceId: t.exposeString('serviceId', {
      nullable: false,
      description: ORDER_IDS.serviceId,
    }),
    outOrderNo: t.exposeString('outOrderNo', {
      nullable: false,
      description: ORDER_IDS.outOrderNo,
    }),
    status: t.field({
      type: OrderStatusEnum,
      nullable: false,
      description: 'The status of the order (订单状态), with the same values for both products.',
      resolve: (order) => viewOf(order).status,
    }),
    serviceIntroduction: t.exposeString('serviceIntroduction', {
      description: '服务信息: a short description of the service.',
    }),
    riskAmount: t.field({
      type: 'Fen',
      description: RISK_AMOUNT,
      resolve: (order) => viewOf(order).riskAmount,
    }),
    totalAmount: t.expose('totalAmount', {
      type: 'Fen',
      description:
        '总金额: the amount that the user pays, fees minus discounts, in fen. Null before the order is completed.',
    }),
    paidAmount: t.field({
      type: 'Fen',
      description: PAID_AMOUNT,
      resolve: (order) => viewOf(order).paidAmount,
    }),
    payments: t.field({
      type: [PaymentType],
      nullable: false,
      description:
        '支付信息: the payments of the order. Empty before it is paid, and if there was nothing to pay.',
      resolve: (order) => viewOf(order).payments,
    }),
    record: t.field({
      type: OrderRecordRef,
      complexity: 1,
      description:
        'The order as recorded by this server (订单记录). Null if it is not recorded, or not yet.',
      resolve: (order, _, context) =>
        loadRecord({ product: viewOf(order).product, outOrderNo: order.outOrderNo }, context),
    }),
    launch: t.field({
      type: LaunchType,
      description: `Launch data that opens the WeChat Pay page with the details of the order (调起支付分订单详情页, wxpayScoreDetail). It does not open the confirmation page. WeChat Pay does not document which states have this page. ${LAUNCH_ERROR}`,
      resolve: ({ serviceId, outOrderNo }, _, context) =>
        launch('wxpayScoreDetail', { service_id: serviceId, out_order_no: outOrderNo }, context),
    }),
  }),
});
