import { LedgerUnavailableError } from '../../ledger/ledger-deadline.ts';
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
  'Null where WeChat Pay sent none (with needUserConfirm: false that is usual), or where its answer never arrived and a query showed that the order exists.';

const CreatePayAfterOrderPayload = builder
  .objectRef<Replayable<CreatedPayAfterOrder>>('CreatePayAfterOrderPayload')
  .implement({
    description:
      '创建先享后付订单 has succeeded: WeChat Pay has the order. The launch fields open its confirm page.',
    fields: (t) => ({
      appid: t.exposeString('appid', { nullable: false, description: '应用ID.' }),
      mchid: t.exposeString('mchid', { nullable: false, description: '商户号.' }),
      outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: '商户服务订单号.' }),
      serviceId: t.exposeString('serviceId', { nullable: false, description: '服务ID.' }),
      orderId: t.exposeString('orderId', {
        description: `微信支付服务订单号: WeChat's own number of the order. ${LAUNCH}`,
      }),
      miniprogramBusinesstype: t.exposeString('miniprogramBusinesstype', {
        description: `小程序跳转businessType, of wx.openBusinessView. ${LAUNCH}`,
      }),
      miniprogramAppid: t.exposeString('miniprogramAppid', {
        description: `小程序APPID: appId of wx.navigateToMiniProgram. ${LAUNCH}`,
      }),
      miniprogramPath: t.exposeString('miniprogramPath', {
        description: `小程序跳转路径: path of wx.navigateToMiniProgram. ${LAUNCH}`,
      }),
      miniprogramUsername: t.exposeString('miniprogramUsername', {
        description: `小程序username, for the jump from an app. ${LAUNCH}`,
      }),
      package: t.exposeString('package', {
        description: `跳转微信侧小程序订单数据: the order for the page of WeChat Pay; it works once. ${LAUNCH}`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      launch: t.field({
        type: PayAfterLaunch,
        description:
          'What opens the page where the user confirms the order (调起支付分确认订单页, wxpayScoreUse). Null where WeChat Pay sent no package: the user need not confirm, or its answer never arrived.',
        resolve: ({ package: order }, _, context) =>
          order === null ? null : launch('wxpayScoreUse', { package: order }, context),
      }),
      order: t.field({
        type: PayAfterOrderType,
        description:
          'The order as a query shows it now: one more call to WeChat Pay, made only where this field is asked for. Where that call fails this field alone is null, with an error: the order stands.',
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
      '创建先享后付订单. Safe to repeat: the same input under the same outOrderNo answers the same order. An order that exists is never reported as failed; where nobody can tell, OutcomeUnknownError says so.',
    errors: {
      types: [
        InvalidInputError,
        OrderConflictError,
        WechatRefusedError,
        WechatUnavailableError,
        OrderOutcomeUnknownError,
        LedgerUnavailableError,
      ],
      union: { description: 'What came of createPayAfterOrder.' },
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
