import { builder } from '../builder.ts';
import { BY_ANALOGY } from '../descriptions.ts';

export const DISCOUNT_AMOUNT =
  '优惠金额: the total of the discount, in fen; it is subtracted once, whatever its count. 0 is allowed.';
export const DISCOUNT_COUNT =
  '优惠数量: the quantity. It does not change the amount. By analogy: from 1 to 100.';

/** What several inputs of service orders share. */
export const PaymentInput = builder.inputType('ServiceOrderPaymentInput', {
  description: `后付费项目: an item that the user pays for after the service. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        '付费项目名称: the name of the item: 1 to 20 characters, unique within the order, except for 商品信息 (details of goods), which may occur several times.',
    }),
    amount: t.field({
      type: 'Fen',
      description:
        '金额: the total of the item, not the unit price, in fen; 0 is free. An item without it counts as 0 in totalAmount. By analogy: this or description is required.',
    }),
    description: t.string({
      description:
        '计费说明: how the amount is calculated, for example `2 yuan per hour`. At most 30 characters.',
    }),
    count: t.int({ description: '付费数量: the quantity, from 1 to 100. If omitted, 1.' }),
  }),
});

export const FinalDiscountInput = builder.inputType('ServiceOrderDiscountInput', {
  description: `后付费商户优惠: a discount with its amount. ${BY_ANALOGY}`,
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        '优惠名称: the name of the discount: 1 to 20 characters, unique within the order.',
    }),
    description: t.string({
      description: '优惠说明: the description of the discount. At most 30 characters.',
    }),
    amount: t.field({
      type: 'Fen',
      required: true,
      description: DISCOUNT_AMOUNT,
    }),
    count: t.int({ description: DISCOUNT_COUNT }),
  }),
});

export const LocationInput = builder.inputType('ServiceOrderLocationInput', {
  description: `服务位置: where the service takes place. ${BY_ANALOGY}`,
  fields: (t) => ({
    startLocation: t.string({
      description: '服务开始地点: where the service starts. By analogy: at most 20 characters.',
    }),
    endLocation: t.string({
      description: '服务结束位置: where the service ends. By analogy: at most 20 characters.',
    }),
  }),
});

export const DeviceInput = builder.inputType('ServiceOrderDeviceInput', {
  description: `设备信息: the machine that provides the service. For unattended machines, such as power banks, chargers and vending machines, WeChat Pay requires startDeviceId at creation; this server does not check that. ${BY_ANALOGY}`,
  fields: (t) => ({
    startDeviceId: t.string({
      description:
        '服务开始的设备编号: the number of the machine where the service starts. By analogy: at most 50 characters.',
    }),
    endDeviceId: t.string({
      description:
        '服务结束的设备编号: the number of the machine where the service ends. By analogy: at most 50 characters.',
    }),
    materielNo: t.string({
      description:
        "物料编码, in newer documents 物料URL: the code or URL on the merchant's printed material at the machine. WeChat Pay explains it no further. By analogy: at most 100 characters.",
    }),
  }),
});

/** The items of complete and modify: the whole list. */
export const FINAL_PAYMENTS =
  '后付费项目列表: everything that the user pays for. The list replaces the earlier one entirely: also list what was given before. At most 100. By analogy: at least one, with amount 0 if there is nothing to pay.';
export const FINAL_DISCOUNTS =
  '商户优惠列表: all discounts, with their amounts. The list replaces the earlier one entirely, and totalAmount is checked against it: also list what was given before. WeChat Pay does not document whether the earlier discounts remain if it is omitted. At most 30.';

/** The number of an order that exists. */
export const SERVICE_ORDER_NUMBER =
  "商户服务订单号: the merchant's own order number, as passed to createServiceOrder: 1 to 32 characters: digits, letters, `_`, `-`, `|`, `*`.";
