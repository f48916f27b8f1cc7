import { builder } from '../builder.ts';
import {
  ANY_APPID,
  ANY_SERVICE_ID,
  BY_ANALOGY,
  NEW_ORDER_NUMBER,
  ORDER_OWNER,
} from '../descriptions.ts';

const FeeInput = builder.inputType('CreatePayAfterOrderFeeInput', {
  description: `后付费项目: an item that the user pays for after the service. Its amount can also be given at completion. ${BY_ANALOGY}`,
  fields: (t) => ({
    feeName: t.string({
      required: true,
      description:
        '付费项目名称: the name of the fee. By analogy: 1 to 20 characters, unique within the order.',
    }),
    feeCount: t.int({
      description: '付费数量: the quantity. If omitted, 1. By analogy: from 1 to 100.',
    }),
    feeAmount: t.field({
      type: 'Fen',
      description:
        '付费金额: the total of the item, not the unit price, in fen; 0 is free. By analogy: this or feeDesc is required.',
    }),
    feeDesc: t.string({
      description:
        '计费说明: how the fee is calculated, for example `2 yuan per hour`. By analogy: at most 30 characters.',
    }),
  }),
});

const DiscountInput = builder.inputType('CreatePayAfterOrderDiscountInput', {
  description: `商户优惠: the name and description of a discount. Its amount is given at completion. ${BY_ANALOGY}`,
  fields: (t) => ({
    discountName: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount. At most 20 characters. By analogy: not empty and unique within the order.',
    }),
    discountDesc: t.string({
      description:
        '优惠说明: the description of the discount. By analogy: 1 to 30 characters, required.',
    }),
  }),
});

const ENCRYPTED =
  'Pass plain text, at most 214 bytes of UTF-8: the server encrypts it and never logs or returns it. Optional; WeChat Pay documents neither its format nor whether some services require it. By analogy: no characters above U+FFFF, such as emoji.';

export const CreatePayAfterOrderInput = builder.inputType('CreatePayAfterOrderInput', {
  description: `创建先享后付订单: the order to create. Texts other than address, name, phone and userid must not contain characters above U+FFFF, such as emoji (four bytes in UTF-8). ${BY_ANALOGY}`,
  fields: (t) => ({
    appid: t.string({
      description: `${ANY_APPID} Later calls for the order need the same one. By analogy: at most 32 characters.`,
    }),
    serviceId: t.string({
      description: `${ANY_SERVICE_ID} Later calls for the order need the same one. By analogy: at most 32 characters.`,
    }),
    outOrderNo: t.string({
      required: true,
      description: NEW_ORDER_NUMBER,
    }),
    serviceStartTime: t.field({
      type: 'ServiceTime',
      required: true,
      description:
        '服务开始时间: when the service starts. Usually `OnAccept`: when the user confirms the order. WeChat Pay does not document which time `OnAccept` is with needUserConfirm: false.',
    }),
    serviceEndTime: t.field({
      type: 'ServiceTime',
      description:
        '预计服务结束时间: when the service is expected to end; no OnAccept. By analogy: a time must be after the start and more than a minute from now; a plain date must not be before the day of the start, nor before today. In similar products, an order that is not completed by then is shown to the user as pending (待处理).',
    }),
    serviceStartLocation: t.string({
      required: true,
      description: '服务开始地点: where the service starts. By analogy: 1 to 20 characters.',
    }),
    serviceEndLocation: t.string({
      description:
        '预计服务结束地点: where the service is expected to end. Omit it if it is not known. By analogy: at most 20 characters.',
    }),
    serviceIntroduction: t.string({
      required: true,
      description: '服务信息: a short description of the service. By analogy: 1 to 20 characters.',
    }),
    fees: t.field({
      type: [FeeInput],
      description:
        '后付费项目列表: the fees that are known at creation; others can be added at completion. By analogy: at most 100.',
    }),
    discounts: t.field({
      type: [DiscountInput],
      description:
        '商户优惠列表: the discounts that are known at creation; others can be added at completion. At most 5 in all.',
    }),
    riskAmount: t.field({
      type: 'Fen',
      required: true,
      description:
        '订单风险金额: the maximum that this order can cost the user, in fen. It is not a price, and nothing is charged at creation. By analogy: more than 0, and at most the limit that WeChat Pay set for the service.',
    }),
    attach: t.string({
      description:
        '商户数据包: any data of yours, which WeChat Pay stores and returns with the order. URL-encode it yourself: at most 200 characters after URL-encoding. Returned still encoded.',
    }),
    needUserConfirm: t.boolean({
      description:
        '是否需要用户确认: whether the user has to confirm the order on a WeChat Pay page. If omitted, true (需确认). With false (免确认), the order is accepted immediately: WeChat Pay has to enable this for the merchant, openid is needed, and the user must have authorized the service (see userServiceState).',
    }),
    openid: t.string({
      description: `用户标识: the user's openid under the appid. It is never logged. ${ORDER_OWNER} If both are missing, the order belongs to no user, also after a user has confirmed it: only callers with orders:any can access it. The same applies to an order that this server knows only from a webhook or a query. By analogy: required if needUserConfirm is false, not allowed otherwise; at most 128 characters.`,
    }),
    name: t.string({ description: `用户姓名: the name of the user. ${ENCRYPTED}` }),
    phone: t.string({ description: `用户手机号: the mobile number of the user. ${ENCRYPTED}` }),
    userid: t.string({
      description: `身份证号: the identity card number of the user. ${ENCRYPTED}`,
    }),
    address: t.string({ description: `收货地址: the delivery address. ${ENCRYPTED}` }),
  }),
});
