import { builder } from '../builder.ts';

const FeeInput = builder.inputType('CreatePayAfterOrderFeeInput', {
  description: '后付费项目: an item that the user pays for after the service.',
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称: the name of the fee. By analogy: not empty, at most 20 characters, unique within the order.',
    }),
    feeCount: t.int({
      description: '付费数量: the quantity; if omitted, 1. By analogy: from 1 to 100.',
    }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额 in fen: the total of the item; 0 is free. By analogy: this or feeDesc is required.',
    }),
    feeDesc: t.string({
      description: '计费说明: how the fee is calculated. By analogy: at most 30 characters.',
    }),
  }),
});

const DiscountInput = builder.inputType('CreatePayAfterOrderDiscountInput', {
  description:
    '商户优惠: the name and description of a discount. Its amount is given on completion.',
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount. At most 20 characters. By analogy: not empty, unique within the order.',
    }),
    discountDesc: t.string({
      description:
        '优惠说明: the description of the discount. By analogy: required, at most 30 characters.',
    }),
  }),
});

const ENCRYPTED =
  'Pass plain text: the server encrypts it for WeChat Pay and never logs or returns it. At most 214 bytes of UTF-8. By analogy: no characters of four UTF-8 bytes, such as emoji. Optional; WeChat Pay may require it for some services.';

export const CreatePayAfterOrderInput = builder.inputType('CreatePayAfterOrderInput', {
  description:
    '创建先享后付订单: the order to create. Rules marked "By analogy" are documented only for similar WeChat Pay products; the server setting `INPUT_RULES=confirmed` disables them. Texts must not contain characters of four UTF-8 bytes, such as emoji.',
  fields: (t) => ({
    appid: t.string({
      description:
        '应用ID, bound to the merchant; if omitted, the configured one. Later calls for the order need the same one. By analogy: at most 32 characters.',
    }),
    serviceId: t.string({
      description:
        '服务ID, assigned by WeChat Pay; if omitted, the configured one. By analogy: at most 32 characters.',
    }),
    outOrderNo: t.string({
      required: true,
      description:
        "商户服务订单号: the merchant's own order number, unique per merchant. It is the idempotency key: a repeat with the same number and input never creates a second order. By analogy: at most 32 digits, letters and _ - | *.",
    }),
    serviceStartTime: t.field({
      type: 'ServiceTime',
      required: true,
      description:
        '服务开始时间: when the service starts. `OnAccept`: when the user confirms the order.',
    }),
    serviceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '预计服务结束时间: when the service is expected to end; not OnAccept. By analogy: after the start and more than a minute from now; a plain date may be the day of the start, or today.',
    }),
    serviceStartLocation: t.string({
      required: true,
      description:
        '服务开始地点: where the service starts. By analogy: not empty, at most 20 characters.',
    }),
    serviceEndLocation: t.string({
      description:
        '预计服务结束地点: where the service is expected to end. Omit it if it is not known. By analogy: at most 20 characters.',
    }),
    serviceIntroduction: t.string({
      required: true,
      description:
        '服务信息: a short description of the service. By analogy: not empty, at most 20 characters.',
    }),
    fees: t.field({
      type: [FeeInput],
      description: '后付费项目列表: the fees. By analogy: at most 100 items.',
    }),
    discounts: t.field({
      type: [DiscountInput],
      description: '商户优惠列表: the discounts. At most 5 items.',
    }),
    riskAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '订单风险金额 in fen: the maximum that this order can cost, within the limit that WeChat Pay set for the service. By analogy: more than 0.',
    }),
    attach: t.string({
      description:
        '商户数据包: data that WeChat Pay stores and returns unchanged. URL-encode it, as WeChat Pay requires. At most 200 characters, as passed.',
    }),
    needUserConfirm: t.boolean({
      description:
        '是否需要用户确认: whether the user has to confirm the order on a WeChat Pay page. true (需确认) is the default. With false (免确认), the order is accepted immediately; WeChat Pay has to enable this for the merchant.',
    }),
    openid: t.string({
      description:
        "用户标识: the user's openid under the appid. It is never logged. By analogy: required if needUserConfirm is false, not allowed otherwise; at most 128 characters.",
    }),
    name: t.string({ description: `用户姓名: the name of the user. ${ENCRYPTED}` }),
    phone: t.string({ description: `用户手机号: the mobile number of the user. ${ENCRYPTED}` }),
    userid: t.string({
      description: `身份证号: the identity card number of the user. ${ENCRYPTED}`,
    }),
    address: t.string({ description: `收货地址: the delivery address. ${ENCRYPTED}` }),
  }),
});
