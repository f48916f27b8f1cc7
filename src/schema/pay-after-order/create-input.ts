import { builder } from '../builder.ts';

const FeeInput = builder.inputType('CreatePayAfterOrderFeeInput', {
  description: '后付费项目: something the user pays for afterwards.',
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称. By analogy: not empty, at most 20 characters, unique within the order.',
    }),
    feeCount: t.int({ description: '付费数量, 1 where left out. By analogy: from 1 to 100.' }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额, in fen: the total of the item; 0 is free. By analogy: this or feeDesc must be given.',
    }),
    feeDesc: t.string({
      description: '计费说明: how the fee is reckoned. By analogy: at most 30 characters.',
    }),
  }),
});

const DiscountInput = builder.inputType('CreatePayAfterOrderDiscountInput', {
  description: '商户优惠: a discount in words; its amount is told when the order is completed.',
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称. At most 20 characters; by analogy: not empty, unique within the order.',
    }),
    discountDesc: t.string({
      description: '优惠说明. By analogy: must be given, at most 30 characters.',
    }),
  }),
});

const ENCRYPTED =
  'Plain text in; encrypted for WeChat Pay; never logged or echoed. Room for 214 bytes of UTF-8; by analogy: no characters of four bytes, such as emoji. Whether some services demand it is not known.';

export const CreatePayAfterOrderInput = builder.inputType('CreatePayAfterOrderInput', {
  description:
    "创建先享后付订单: an order to make. Rules that are known only of sibling products are marked 'by analogy'; `INPUT_RULES=confirmed` lets what breaks them pass. No text may hold characters of four UTF-8 bytes, such as emoji.",
  fields: (t) => ({
    appid: t.string({
      description:
        "应用ID, bound to the merchant; left out, the configured one. By analogy: at most 32 characters. The order's later calls need the same one.",
    }),
    serviceId: t.string({
      description:
        '服务ID, given by WeChat Pay; left out, the configured one. By analogy: at most 32 characters.',
    }),
    outOrderNo: t.string({
      required: true,
      description:
        "商户服务订单号: the merchant's own number, unique per merchant. The same input under the same number never makes a second order. By analogy: up to 32 digits, letters and _ - | *.",
    }),
    serviceStartTime: t.field({
      type: 'ServiceTime',
      required: true,
      description: '服务开始时间. `OnAccept`: the moment when the user confirms.',
    }),
    serviceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '预计服务结束时间; not OnAccept. By analogy: after the start, and more than a minute from now; a plain date may be the day of the start, or today.',
    }),
    serviceStartLocation: t.string({
      required: true,
      description: '服务开始地点. By analogy: not empty, at most 20 characters.',
    }),
    serviceEndLocation: t.string({
      description:
        '预计服务结束地点; left out where it is not known. By analogy: at most 20 characters.',
    }),
    serviceIntroduction: t.string({
      required: true,
      description: '服务信息: what the order is for. By analogy: not empty, at most 20 characters.',
    }),
    fees: t.field({
      type: [FeeInput],
      description: '后付费项目列表. By analogy: at most 100 items.',
    }),
    discounts: t.field({
      type: [DiscountInput],
      description: '商户优惠列表. At most 5 items.',
    }),
    riskAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '订单风险金额, in fen: the most that this order can cost, within what WeChat Pay granted the service. By analogy: more than 0.',
    }),
    attach: t.string({
      description:
        '商户数据包, passed on unchanged: url-encode it first, as WeChat Pay wants it. At most 200 characters as given.',
    }),
    needUserConfirm: t.boolean({
      description:
        '是否需要用户确认: true (需确认, also where left out) needs the user to confirm on a page of WeChat Pay; false (免确认) starts at once and is a permission of its own.',
    }),
    openid: t.string({
      description:
        '用户标识 under the appid. By analogy: must be given where needUserConfirm is false, must not where it is true; at most 128 characters. Never logged.',
    }),
    name: t.string({ description: `用户姓名. ${ENCRYPTED}` }),
    phone: t.string({ description: `用户手机号. ${ENCRYPTED}` }),
    userid: t.string({ description: `身份证号: the number of an identity card. ${ENCRYPTED}` }),
    address: t.string({ description: `收货地址. ${ENCRYPTED}` }),
  }),
});
