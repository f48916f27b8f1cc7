import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import { createServiceOrder } from '../../orders/commands/service-order/create.ts';
import type { Replayable } from '../../orders/commands/write-types.ts';
import { InvalidInputError } from '../../orders/rules/field-rules.ts';
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
  ANY_APPID,
  ANY_SERVICE_ID,
  BY_ANALOGY,
  CURRENT_ORDER,
  INPUT_ORDER_NUMBER,
  LAUNCH_AGAIN,
  ORDER_ID,
  ORDER_IDS,
  ORDER_OWNER,
  PLAIN_TEXTS,
  REPLAYED,
  STATE_RAW,
} from '../descriptions.ts';
import { knownValue } from '../enum-values.ts';
import { UserError } from '../errors.ts';
import { LaunchType } from '../launch.ts';
import { withDefaults, writing } from '../resolver.ts';
import { ServiceOrderStateEnum } from './enums.ts';
import { DeviceInput, LocationInput, PaymentInput } from './input-parts.ts';
import { ServiceOrderType, STATES } from './service-order.ts';
import { loadServiceOrder, NO_ORDER_ID } from './update-payload.ts';

const DiscountInput = builder.inputType('CreateServiceOrderDiscountInput', {
  description: `后付费商户优惠: the name and description of a discount. Its amount is given at completion. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount: 1 to 20 characters, unique within the order.',
    }),
    description: t.string({
      required: true,
      description: '优惠说明: the description of the discount: 1 to 30 characters.',
    }),
    count: t.int({ description: '优惠数量: the quantity. By analogy: from 1 to 100.' }),
  }),
});

const TimeRangeInput = builder.inputType('ServiceOrderTimeRangeInput', {
  description: `服务时间段: when the service is expected to take place. ${BY_ANALOGY}`,
  fields: (t) => ({
    startTime: t.field({
      type: 'ServiceTime',
      required: true,
      description:
        '服务开始时间: when the service starts. Usually `OnAccept`: when the user confirms the order.',
    }),
    startTimeRemark: t.string({
      description:
        '服务开始时间备注: what the user reads beside the start, for example `入住` (check-in). At most 20 characters.',
    }),
    endTime: t.field({
      type: 'ServiceTime',
      description:
        '预计服务结束时间: when the service is expected to end; no OnAccept. A time must be after the start and more than a minute from now; a plain date must not be before the day of the start, nor before today. If omitted, the completion must have it.',
    }),
    endTimeRemark: t.string({
      description:
        '预计服务结束时间备注: what the user reads beside the end. By analogy: at most 20 characters.',
    }),
  }),
});

const RiskFundNameInput = builder.enumType('RiskFundNameInput', {
  description:
    '风险金名称: the kind of the amount at risk. The service decides which ones are allowed. If a deposit is waived (先免): DEPOSIT, ADVANCE, CASH_DEPOSIT; ESTIMATE_ORDER_COST if the service is paid afterwards (先享).',
  values: {
    DEPOSIT: { description: '押金: a deposit, which the user need not pay in advance.' },
    ADVANCE: { description: '预付款: a prepayment, which the user need not pay in advance.' },
    CASH_DEPOSIT: {
      description: '保证金: a security deposit, which the user need not pay in advance.',
    },
    ESTIMATE_ORDER_COST: { description: '预估订单费用: the estimated cost of the service.' },
  },
});

const RiskFundInput = builder.inputType('ServiceOrderRiskFundInput', {
  description: `订单风险金: the amount that the merchant can lose if the user does not pay. It is not a price, and nothing is charged at creation. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.field({
      type: RiskFundNameInput,
      required: true,
      description: '风险金名称: the kind of the amount.',
    }),
    amount: t.field({
      type: 'Fen',
      required: true,
      description:
        '风险金额: the amount, in fen, at most the limit that WeChat Pay set for the service. By analogy: more than 0.',
    }),
    description: t.string({
      description: '风险说明: what the user reads about it. At most 30 characters.',
    }),
  }),
});

const Input = builder.inputType('CreateServiceOrderInput', {
  description: `创建支付分订单: the service order to create. ${PLAIN_TEXTS} ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({
      description: `${ANY_APPID} Later calls for the order need the same one. At most 32 characters.`,
    }),
    serviceId: t.string({
      description: `${ANY_SERVICE_ID} Later calls for the order need the same one. At most 32 characters.`,
    }),
    outOrderNo: t.string({
      required: true,
      description:
        "商户服务订单号: the merchant's own order number, unique per merchant: generate and store it before the first call. It is the idempotency key: a repeat with the same number and input never creates a second order. After INVALID_INPUT or WECHAT_REFUSED it can be used again, also with other input. 1 to 32 characters: digits, letters, `_`, `-`, `|`, `*`.",
    }),
    serviceIntroduction: t.string({
      required: true,
      description: '服务信息: a short description of the service: 1 to 20 characters.',
    }),
    postPayments: t.field({
      type: [PaymentInput],
      description:
        '后付费项目列表: the items that are known at creation. The completion replaces the list. At most 100.',
    }),
    postDiscounts: t.field({
      type: [DiscountInput],
      description:
        '商户优惠列表: the discounts that are known at creation. The completion replaces the list. At most 30.',
    }),
    timeRange: t.field({
      type: TimeRangeInput,
      required: true,
      description: '服务时间段: when the service is expected to take place.',
    }),
    location: t.field({
      type: LocationInput,
      description: '服务位置: where the service is expected to take place.',
    }),
    riskFund: t.field({
      type: RiskFundInput,
      required: true,
      description:
        '订单风险金信息: the amount that the merchant can lose if the user does not pay.',
    }),
    attach: t.string({
      description:
        '商户数据包: any data of yours, which WeChat Pay stores and returns with the order and its webhooks. URL-encode it yourself: at most 256 characters after URL-encoding. Returned still encoded.',
    }),
    notifyUrl: t.string({
      description:
        '商户回调地址: where WeChat Pay sends the webhooks about this order. Normally omit it: the server gives its own URL, which its operator configures (WECHAT_NOTIFY_URL); required if none is configured. Only for callers with orders:any. A public https URL without a query, at most 255 characters.',
    }),
    needUserConfirm: t.boolean({
      required: true,
      defaultValue: true,
      description:
        '是否需要用户确认: whether the user has to confirm the order on a WeChat Pay page (需确认). With false (免确认), the order is ACCEPTED immediately: WeChat Pay has to enable this for the merchant, openid is needed, and the user must have given the permission (预授权; see applyServicePermission and servicePermission).',
    }),
    openid: t.string({
      description: `用户标识: the user's openid under the appid. It is never logged. Required if needUserConfirm is false, not allowed otherwise; at most 128 characters. ${ORDER_OWNER} If both are missing, the order belongs to the user who confirms it, once a webhook or a query has shown that user; until then only callers with orders:any can access it. The same applies to an order that was not created by this server. By analogy: it must not be an appid (\`wx…\`).`,
    }),
    device: t.field({
      type: DeviceInput,
      description: '设备信息: the machine that provides the service.',
    }),
  }),
});

const ALWAYS_STATE_RAW = `${STATE_RAW} Always set, although the type allows null.`;

const CreateServiceOrderPayload = builder
  .objectRef<Replayable<CreatedServiceOrder>>('CreateServiceOrderPayload')
  .implement({
    description:
      '创建支付分订单: the service order was created at WeChat Pay. Use `launch` to open the page where the user confirms it; start the service only when `order { status }` is ACCEPTED, which `state` does not show. With needUserConfirm: false a new order is ACCEPTED already, and launch may be null.',
    fields: (t) => ({
      appid: t.exposeString('appid', { nullable: false, description: ORDER_IDS.appid }),
      mchid: t.exposeString('mchid', { nullable: false, description: ORDER_IDS.mchid }),
      serviceId: t.exposeString('serviceId', { nullable: false, description: ORDER_IDS.serviceId }),
      outOrderNo: t.exposeString('outOrderNo', {
        nullable: false,
        description: ORDER_IDS.outOrderNo,
      }),
      orderId: t.exposeString('orderId', {
        description: `${ORDER_ID} ${NO_ORDER_ID}`,
      }),
      replayed: t.exposeBoolean('replayed', { nullable: false, description: REPLAYED }),
      state: t.field({
        type: ServiceOrderStateEnum,
        description:
          '服务订单状态: the state of the order: CREATED for a new one, or DOING with needUserConfirm: false. In the response to a repeat, the current state. Always set, although the type allows null.',
        resolve: ({ state }, _, { log }) => knownValue(STATES, 'state', state, log),
      }),
      // Of the same type as that of OrderNotStartedError: else one selection of both would be invalid.
      stateRaw: t.exposeString('state', { nullable: true, description: ALWAYS_STATE_RAW }),
      package: t.exposeString('package', {
        description:
          '跳转微信侧小程序订单数据: the data of the order for the confirmation page, also contained in `launch`. It is valid for an hour and opens the page once; when it is used up or expired, only a new order with a new outOrderNo has another one. Null if WeChat Pay sent none, or if its response was lost and the server confirmed the order by a query instead.',
      }),
      launch: t.field({
        type: LaunchType,
        description: `Launch data that opens the page where the user confirms the order (调起支付分确认订单页, wxpayScoreUse). It contains only \`package\` and needs no signature. Not needed with needUserConfirm: false. Null if \`package\` is null: repeat the same createServiceOrder, and try the launch data of that response; WeChat Pay does not document whether they open the page. If they do not, or if it is used up or expired before the user has confirmed, ${LAUNCH_AGAIN}`,
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
    'WeChat Pay created the order, but it has not started, although needUserConfirm is false (免确认订单未生效). Do not start the service. WeChat Pay calls this a failed create. The outOrderNo is used: a repeat with the same input returns this error as long as the order is CREATED. Cancel the order, check with servicePermission that the permission of the user is AVAILABLE, then create another order with a new outOrderNo.',
  interfaces: [UserError],
  fields: (t) => ({
    outOrderNo: t.exposeString('outOrderNo', { nullable: false, description: INPUT_ORDER_NUMBER }),
    stateRaw: t.exposeString('state', { nullable: true, description: ALWAYS_STATE_RAW }),
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
      input: t.arg({ type: Input, required: true, description: 'The order.' }),
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
