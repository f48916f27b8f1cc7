import { requireScope } from '../authorization.ts';
import {
  COLLECTION_STATE_RAW,
  LIVEMODE,
  ORDER_IDS,
  PAID_AMOUNT,
  RISK_AMOUNT,
  STATE_DESCRIPTION_RAW,
} from '../descriptions.ts';
import { OrderProductEnum, OrderStatusEnum } from '../order/enums.ts';
import { NodeInterface } from '../order/node.ts';
import { OrderInterface } from '../order/order.ts';
import { queryPayAfterOrder } from '../pay-after-order/order-query.ts';
import { queryServiceOrder } from '../service-order/order-query.ts';
import { AFTER, connection, eventCursor, PAGE_SIZE, pageSize, rowsOfPage } from './connection.ts';
import { recordedStatus } from './enums.ts';
import { OrderEventConnection } from './order-event.ts';
import { loadEvents, OrderRecordRef } from './record-loader.ts';

const PLANNED =
  'As given at creation: WeChat Pay overwrites that of a service order when it is completed. Null also if this server first saw the service order after its confirmation.';

OrderRecordRef.implement({
  description:
    'An order as recorded by this server (订单记录), without a call to WeChat Pay. It may be outdated; select `order` for the current one. A nullable field is null also as long as this server has not learned its value.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    product: t.expose('product', {
      type: OrderProductEnum,
      nullable: false,
      description: 'Which product the order belongs to (产品).',
    }),
    livemode: t.boolean({
      nullable: false,
      description: LIVEMODE,
      resolve: (_record, _args, { livemode }) => livemode,
    }),
    mchid: t.string({
      nullable: false,
      description: ORDER_IDS.mchid,
      resolve: (_record, _args, { wechat }) => wechat.mchid,
    }),
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
      description:
        'The status that was last recorded (订单状态). UNKNOWN also while it is not known whether the order was created.',
      resolve: (record, _, { log }) => recordedStatus(record, log),
    }),
    stateRaw: t.exposeString('stateRaw', {
      description:
        'The state that was last recorded, exactly as WeChat Pay names it (订单状态). Null while it is not known whether the order was created.',
    }),
    stateDescriptionRaw: t.exposeString('stateDescriptionRaw', {
      description: STATE_DESCRIPTION_RAW,
    }),
    collectionStateRaw: t.exposeString('collectionStateRaw', {
      description: COLLECTION_STATE_RAW,
    }),
    serviceIntroduction: t.exposeString('serviceIntroduction', {
      description: '服务信息: a short description of the service.',
    }),
    riskAmount: t.expose('riskAmount', {
      type: 'Fen',
      description: RISK_AMOUNT,
    }),
    totalAmount: t.expose('totalAmount', {
      type: 'Fen',
      description:
        '总金额: the amount that the user pays, in fen. Null before the order is completed.',
    }),
    paidAmount: t.expose('paidAmount', {
      type: 'Fen',
      description: PAID_AMOUNT,
    }),
    plannedStartTime: t.expose('plannedStartTime', {
      type: 'ServiceTime',
      description: `服务开始时间: when the service was to start, or \`OnAccept\`. ${PLANNED}`,
    }),
    plannedEndTime: t.expose('plannedEndTime', {
      type: 'ServiceTime',
      description: `预计服务结束时间: when the service was to end. ${PLANNED}`,
    }),
    plannedStartLocation: t.exposeString('plannedStartLocation', {
      description: `服务开始地点: where the service was to start. ${PLANNED}`,
    }),
    plannedEndLocation: t.exposeString('plannedEndLocation', {
      description: `预计服务结束地点: where the service was to end. ${PLANNED}`,
    }),
    transactionIds: t.exposeStringList('transactionIds', {
      nullable: false,
      description:
        "微信支付交易单号: WeChat Pay's ids of the payments that it collected, for refunds. Empty before that.",
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When this server first recorded the order.',
    }),
    observedAt: t.expose('observedAt', {
      type: 'DateTime',
      nullable: false,
      description:
        'When this server last verified the state with WeChat Pay, or recorded a change.',
    }),
    lastEventCursor: t.string({
      description:
        'Cursor of the last recorded event of the order: subscribe to the order with it as `after` to miss no later event. Null if there is none: subscribe without `after`, then query the order.',
      resolve: ({ lastEventId: id }) => (id === null ? null : String(id)),
    }),
    events: t.field({
      type: OrderEventConnection,
      ...requireScope('events:read'),
      complexity: rowsOfPage(eventCursor, 'events:read'),
      nullable: false,
      description:
        'The recorded changes of the order, oldest first. Requires events:read: without it, nothing of the request is executed (FORBIDDEN).',
      args: {
        first: t.arg.int({ description: PAGE_SIZE }),
        after: t.arg.string({ description: `${AFTER} "0" is the beginning too.` }),
      },
      resolve: async ({ product, outOrderNo }, page, context) => {
        const query = {
          product,
          outOrderNo,
          first: pageSize(page).size,
          after: eventCursor(page.after),
        };
        return connection(await loadEvents(query, context), ({ id }) => String(id), page);
      },
    }),
    order: t.field({
      type: OrderInterface,
      ...requireScope('orders:read'),
      description:
        'The current order. One read from WeChat Pay for each record; a request, or an event of a subscription, may make at most 5, so for a whole list use what is recorded. Null if WeChat Pay has no such order. Requires orders:read.',
      resolve: async ({ product, appid, serviceId, outOrderNo }, _, context) => {
        const query = { appid, serviceId, outOrderNo };
        return product === 'PAY_AFTER'
          ? await queryPayAfterOrder('OrderRecord.order', query, context)
          : await queryServiceOrder('OrderRecord.order', query, context);
      },
    }),
  }),
});
