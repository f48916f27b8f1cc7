import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { createOrder } from '../../orders/commands/create-order.ts';
import type { Replayable } from '../../orders/commands/write-order.ts';
import { InvalidInputError } from '../../orders/rules/input-issue.ts';
import {
  type CreatedPayAfterOrder,
  OrderConflictError,
  OrderOutcomeUnknownError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { withDefaults } from '../arguments.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { REPLAYED } from '../descriptions.ts';
import { launch, PayAfterLaunch } from '../launch.ts';
import { CreatePayAfterOrderInput } from './create-input.ts';
import { PayAfterOrderType } from './order.ts';
import { loadOrder, writing } from './order-query.ts';

const LAUNCH =
  'Null if WeChat Pay sent none, which is usual with needUserConfirm: false, or if its response was lost and a query has shown that the order exists.';

const CreatePayAfterOrderPayload = builder
  .objectRef<Replayable<CreatedPayAfterOrder>>('CreatePayAfterOrderPayload')
  .implement({
    description:
      '创建先享后付订单: the order was created at WeChat Pay. Use `launch` to open the page where the user confirms it.',
    fields: (t) => ({
      appid: t.exposeString('appid', {
        nullable: false,
        description: "应用ID: the appid of the merchant's app or mini program.",
      }),
      mchid: t.exposeString('mchid', {
        nullable: false,
        description: '商户号: the merchant number at WeChat Pay.',
      }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: "商户服务订单号: the merchant's own order number.",
      }),
      serviceId: t.exposeString('serviceId', {
        nullable: false,
        description: '服务ID: the id of the service at WeChat Pay.',
      }),
      orderId: t.exposeString('orderId', {
        description: `微信支付服务订单号: WeChat Pay's order id. ${LAUNCH}`,
      }),
      miniprogramBusinesstype: t.exposeString('miniprogramBusinesstype', {
        description: `小程序跳转businessType: \`businessType\` of wx.openBusinessView. ${LAUNCH}`,
      }),
      miniprogramAppid: t.exposeString('miniprogramAppid', {
        description: `小程序APPID: \`appId\` of wx.navigateToMiniProgram. ${LAUNCH}`,
      }),
      miniprogramPath: t.exposeString('miniprogramPath', {
        description: `小程序跳转路径: \`path\` of wx.navigateToMiniProgram. ${LAUNCH}`,
      }),
      miniprogramUsername: t.exposeString('miniprogramUsername', {
        description: `小程序username: the mini program's user name, to open it from an app. ${LAUNCH}`,
      }),
      package: t.exposeString('package', {
        description: `跳转微信侧小程序订单数据: the order data for the WeChat Pay page; it can be used only once. ${LAUNCH}`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      launch: t.field({
        type: PayAfterLaunch,
        description:
          "Launch data that opens the page where the user confirms the order (调起支付分确认订单页, wxpayScoreUse). Null if the user does not have to confirm, or if WeChat Pay's response was lost.",
        resolve: ({ package: order }, _, context) =>
          order === null ? null : launch('wxpayScoreUse', { package: order }, context),
      }),
      order: t.field({
        type: PayAfterOrderType,
        description:
          'The current order. Selecting this field costs one more call to WeChat Pay. If that call fails, only this field is null, with an error in `errors`: the order was still created.',
        resolve: ({ appid, serviceId, outOrderNo }, _, context) =>
          loadOrder({ appid, serviceId, outOrderNo }, context),
      }),
    }),
  });

builder.mutationField('createPayAfterOrder', (t) =>
  t.field({
    type: CreatePayAfterOrderPayload,
    ...requireScope('orders:create'),
    nullable: false,
    description:
      '创建先享后付订单: creates an order. Requires orders:create. Idempotent: a repeat with the same outOrderNo and input returns the same order; with different input it is an OrderConflictError. An order that may exist is never reported as failed, but as OutcomeUnknownError.',
    errors: {
      types: [
        InvalidInputError,
        OrderConflictError,
        WechatRefusedError,
        WechatUnavailableError,
        OrderOutcomeUnknownError,
        LedgerUnavailableError,
      ],
      union: { description: 'Result of createPayAfterOrder: its payload, or an error.' },
    },
    args: {
      input: t.arg({
        type: CreatePayAfterOrderInput,
        required: true,
        description: 'The order.',
      }),
    },
    resolve: (_, { input }, context) =>
      writing(context, input, () =>
        createOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
