import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { createServiceOrder } from '../../orders/commands/service-order/create.ts';
import type { Replayable } from '../../orders/commands/write-order.ts';
import { InvalidInputError } from '../../orders/rules/input-issue.ts';
import {
  type CreatedServiceOrder,
  OrderConflictError,
  OrderNotStartedError,
  OrderOutcomeUnknownError,
  unsignedLaunch,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import {
  CURRENT_ORDER,
  INPUT_ORDER_NUMBER,
  ORDER_ID,
  ORDER_IDS,
  REPLAYED,
  STATE_RAW,
} from '../descriptions.ts';
import { UserError } from '../errors.ts';
import { LaunchType } from '../launch.ts';
import { withDefaults, writing } from '../resolver.ts';
import { knownWord } from '../words.ts';
import { CreateServiceOrderInput } from './create-input.ts';
import { ServiceOrderStateEnum } from './enums.ts';
import { ServiceOrderType, STATES } from './service-order.ts';
import { loadServiceOrder } from './update-payload.ts';

const CreateServiceOrderPayload = builder
  .objectRef<Replayable<CreatedServiceOrder>>('CreateServiceOrderPayload')
  .implement({
    description:
      '创建支付分订单: the service order was created at WeChat Pay. Use `launch` to open the page where the user confirms it; start the service only when its status is ACCEPTED. With needUserConfirm: false it is ACCEPTED already, and launch may be null.',
    fields: (t) => ({
      appid: t.exposeString('appid', { nullable: false, description: ORDER_IDS.appid }),
      mchid: t.exposeString('mchid', { nullable: false, description: ORDER_IDS.mchid }),
      serviceId: t.exposeString('serviceId', { nullable: false, description: ORDER_IDS.serviceId }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: ORDER_IDS.outOrderNo,
      }),
      orderId: t.exposeString('orderId', {
        description: `${ORDER_ID} Null if WeChat Pay sent none.`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      state: t.field({
        type: ServiceOrderStateEnum,
        description:
          '服务订单状态: the state of the new order: CREATED, or DOING with needUserConfirm: false. After a repeat, the state that it has by then.',
        resolve: ({ state }, _, { log }) => knownWord(STATES, 'state', state, log),
      }),
      stateRaw: t.exposeString('state', { description: STATE_RAW }),
      package: t.exposeString('package', {
        description:
          '跳转微信侧小程序订单数据: the data of the order for the confirmation page, also contained in `launch`. It is valid for an hour and opens the page once; when it is spent or expired, only a new order with a new outOrderNo has another one. Null if WeChat Pay sent none, or if its response was lost and the server confirmed the order by a query instead.',
      }),
      launch: t.field({
        type: LaunchType,
        description:
          'Launch data that opens the page where the user confirms the order (调起支付分确认订单页, wxpayScoreUse): only the package, unsigned. Null if `package` is null. Not needed with needUserConfirm: false. If it is spent or expired before the user has confirmed, query the order; if it is still CREATED, cancel it and create another one with a new outOrderNo.',
        resolve: ({ package: order }) =>
          order === null ? null : unsignedLaunch('wxpayScoreUse', { package: order }),
      }),
      order: t.field({
        type: ServiceOrderType,
        ...requireScope('orders:read'),
        description: CURRENT_ORDER,
        resolve: (payload, _, context) =>
          loadServiceOrder('CreateServiceOrderPayload.order', payload, context),
      }),
    }),
  });

builder.objectType(OrderNotStartedError, {
  name: 'OrderNotStartedError',
  description:
    'WeChat Pay created the order, but it has not started, although needUserConfirm is false (免确认订单未生效). Do not start the service. WeChat Pay calls this a failed create: cancel the order, and check that the user has authorized the service.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: INPUT_ORDER_NUMBER }),
    stateRaw: t.exposeString('state', { nullable: false, description: STATE_RAW }),
  }),
});

builder.mutationField('createServiceOrder', (t) =>
  t.field({
    type: CreateServiceOrderPayload,
    ...requireScope('orders:create'),
    nullable: false,
    description:
      '创建支付分订单: creates a service order. Requires orders:create. Idempotent: a repeat with the same outOrderNo and input, for the same user, returns the same order; different input, or another user, is an OrderConflictError. A pay-after order with the same outOrderNo is another order. If this call may have created the order, but that is not certain, the result is OutcomeUnknownError, never another error type.',
    errors: {
      types: [
        InvalidInputError,
        OrderConflictError,
        OrderNotStartedError,
        WechatRefusedError,
        WechatUnavailableError,
        OrderOutcomeUnknownError,
        LedgerUnavailableError,
      ],
      union: { description: 'Result of createServiceOrder: its payload, or an error.' },
    },
    args: {
      input: t.arg({ type: CreateServiceOrderInput, required: true, description: 'The order.' }),
    },
    resolve: (_, { input }, context) =>
      writing(context, { ...input, operation: 'createServiceOrder' }, () =>
        createServiceOrder(
          context,
          { ...input, ...withDefaults(input, context) },
          { notifyUrl: context.defaults.notifyUrl?.() },
        ),
      ),
  }),
);
