import { builder } from '../builder.ts';
import { ANY_APPID, ANY_SERVICE_ID, BY_ANALOGY, PLAIN_TEXTS } from '../descriptions.ts';
import { DeviceInput, LocationInput, PaymentInput } from './input-parts.ts';

const DiscountInput = builder.inputType('CreateServiceOrderDiscountInput', {
  description: `后付费商户优惠: the name and description of a discount. Its amount is given at completion. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '优惠名称: the name of the discount: 1 to 20 characters, unique within the order.',
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
        '服务开始时间备注: what the user reads beside the start, for example `入住`. At most 20 characters.',
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
    '风险金名称: what the amount at risk is. The service decides which ones are allowed: the first three if a deposit is waived (先免), the last if the service is paid afterwards (先享).',
  values: {
    DEPOSIT: { description: '押金: a deposit, which the user need not pay in advance.' },
    ADVANCE: { description: '预付款: a prepayment, which the user need not pay in advance.' },
    CASH_DEPOSIT: { description: '保证金: a security, which the user need not pay in advance.' },
    ESTIMATE_ORDER_COST: { description: '预估订单费用: the estimated cost of the service.' },
  },
});

const RiskFundInput = builder.inputType('ServiceOrderRiskFundInput', {
  description: `订单风险金: the amount at risk for the merchant. It is not a price, and nothing is charged at creation. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.field({
      type: RiskFundNameInput,
      required: true,
      description: '风险金名称: what the amount is.',
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

export const CreateServiceOrderInput = builder.inputType('CreateServiceOrderInput', {
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
      description: '订单风险金信息: the amount at risk for the merchant.',
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
        '是否需要用户确认: whether the user has to confirm the order on a WeChat Pay page (需确认). With false (免确认), the order is ACCEPTED immediately: WeChat Pay has to enable this for the merchant, openid is needed, and the user must have authorized the service (预授权).',
    }),
    openid: t.string({
      description:
        "用户标识: the user's openid under the appid. It is never logged. Required if needUserConfirm is false, not allowed otherwise; at most 128 characters. By analogy: no appid. The order belongs to the user of the caller's credential; if that names no user, to this one; if both are missing, to no user, and only callers with orders:any can access it. A credential that names a user allows only the openid of that user; another one is an InvalidInputError.",
    }),
    device: t.field({
      type: DeviceInput,
      description: '设备信息: the machine that provides the service.',
    }),
  }),
});
