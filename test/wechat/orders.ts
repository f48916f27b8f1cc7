import { randomBytes } from 'node:crypto';
import type { CreatePayAfterOrderRequest } from '../../src/wechat/index.ts';

export const MCHID = '1230000109';
export const MERCHANT_SERIAL = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
export const IDS = { appid: 'wxd678efh567hg6787', serviceId: '500001' } as const;

/** What must be given, and nothing else. */
export function anOrder(
  changes: Partial<CreatePayAfterOrderRequest> = {},
): CreatePayAfterOrderRequest {
  return {
    ...IDS,
    outOrderNo: `T${randomBytes(8).toString('hex')}`,
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '北京西站',
    serviceIntroduction: '充电宝租借',
    riskAmount: 9900,
    ...changes,
  };
}

export const PERSONAL = {
  name: '张三丰',
  phone: '13800138000',
  userid: '11010519491231002X',
  address: '深圳市南山区科技中一路',
} as const;

/** All 18 fields, and every field of their lists. */
export function aWholeOrder(
  changes: Partial<CreatePayAfterOrderRequest> = {},
): CreatePayAfterOrderRequest {
  return anOrder({
    serviceStartTime: '2099-07-05T17:35:49+08:00',
    serviceEndTime: '2099-07-06',
    serviceEndLocation: '上海虹桥站',
    fees: [
      { feeName: '就餐费用', feeCount: 4, feeAmount: 4000, feeDesc: '就餐人均100元' },
      { feeName: '服务费', feeDesc: '按小时' },
    ],
    discounts: [{ discountName: '满20减1元', discountDesc: '不与其他优惠叠加' }],
    riskAmount: 50_000,
    attach: 'Easdfowealsdkjfnlaksjdlfkwqoi%26wl3l2sald',
    needUserConfirm: false,
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    ...PERSONAL,
    ...changes,
  });
}
