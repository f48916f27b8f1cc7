import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { createOrder } from '../../orders/commands/pay-after-order/create.ts';
import type { Replayable } from '../../orders/commands/write-types.ts';
import { InvalidInputError } from '../../orders/rules/field-rules.ts';
import {
  type CreatedPayAfterOrder,
  OrderConflictError,
  OrderOutcomeUnknownError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { CURRENT_ORDER, LAUNCH_AGAIN, ORDER_ID, ORDER_IDS, REPLAYED } from '../descriptions.ts';
import { LaunchType, launch } from '../launch.ts';
import { withDefaults, writing } from '../resolver.ts';
import { CreatePayAfterOrderInput } from './create-input.ts';
import { PayAfterOrderType } from './order.ts';
import { loadOrder } from './order-query.ts';

const FROM_RESPONSE =
  'Null if WeChat Pay sent none, or if its response was lost and the server confirmed the order by a query instead.';
const RAW = `Raw value from WeChat Pay; normally use \`launch\` instead. ${FROM_RESPONSE}`;

const CreatePayAfterOrderPayload = builder
  .objectRef<Replayable<CreatedPayAfterOrder>>('CreatePayAfterOrderPayload')
  .implement({
    description:
      '创建先享后付订单: the order was created at WeChat Pay. Use `launch` to open the page where the user confirms it; start the service only when `order { state }` is USER_ACCEPTED. With needUserConfirm: false a new order is accepted already, and launch may be null.',
    fields: (t) => ({
      appid: t.exposeString('appid', {
        nullable: false,
        description: ORDER_IDS.appid,
      }),
      mchid: t.exposeString('mchid', {
        nullable: false,
        description: ORDER_IDS.mchid,
      }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: ORDER_IDS.outOrderNo,
      }),
      serviceId: t.exposeString('serviceId', {
        nullable: false,
        description: ORDER_IDS.serviceId,
      }),
      orderId: t.exposeString('orderId', {
        description: `${ORDER_ID} ${FROM_RESPONSE}`,
      }),
      miniprogramBusinesstype: t.exposeString('miniprogramBusinesstype', {
        description: `小程序跳转businessType: \`businessType\` of wx.openBusinessView. ${RAW}`,
      }),
      miniprogramAppid: t.exposeString('miniprogramAppid', {
        description: `小程序APPID: \`appId\` of wx.navigateToMiniProgram. ${RAW}`,
      }),
      miniprogramPath: t.exposeString('miniprogramPath', {
        description: `小程序跳转路径: \`path\` of wx.navigateToMiniProgram. ${RAW}`,
      }),
      miniprogramUsername: t.exposeString('miniprogramUsername', {
        description: `小程序username: the user name of WeChat Pay's mini program, for apps that open it by the older way of launching a mini program. ${RAW}`,
      }),
      package: t.exposeString('package', {
        description: `跳转微信侧小程序订单数据: the data of the order for the confirmation page, also contained in \`launch\`; it opens the page once. ${RAW}`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      launch: t.field({
        type: LaunchType,
        description: `Launch data that opens the page where the user confirms the order (调起支付分确认订单页, wxpayScoreUse). Not needed with needUserConfirm: false. Null if \`package\` is null, or with an error in \`errors\`, for example LAUNCH_NOT_CONFIGURED: the operator of this server must configure the key that signs it. If it is null without an error, or already used: repeat the same createPayAfterOrder, and try the launch data of that response. WeChat Pay does not document whether they open the page again. If they do not, ${LAUNCH_AGAIN}`,
        resolve: ({ package: order }, _, context) =>
          order === null ? null : launch('wxpayScoreUse', { package: order }, context),
      }),
      order: t.field({
        type: PayAfterOrderType,
        ...requireScope('orders:read'),
        description: CURRENT_ORDER,
        resolve: ({ appid, serviceId, outOrderNo }, _, context) =>
          loadOrder('CreatePayAfterOrderPayload.order', { appid, serviceId, outOrderNo }, context),
      }),
    }),
  });

builder.mutationField('createPayAfterOrder', (t) =>
  t.field({
    type: CreatePayAfterOrderPayload,
    ...requireScope('orders:create'),
    nullable: false,
    description:
      '创建先享后付订单: creates an order. Requires orders:create. Idempotent: a repeat with the same outOrderNo and input, for the same user, returns the same order; different input, or another user, is an OrderConflictError. If this call may have created the order, but that is not certain, the result is OutcomeUnknownError, never another error type.',
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
      writing(context, { ...input, operation: 'createPayAfterOrder' }, () =>
        createOrder(context, { ...input, ...withDefaults(input, context) }),
      ),
  }),
);
