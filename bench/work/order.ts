import { APPID, MCHID, SERVICE_ID } from './merchant.ts';

/** Personal data: four fields that are encrypted for WeChat Pay. */
export const PERSONAL = {
  name: '张三',
  phone: '13800138000',
  userid: '110101199003078515',
  address: '深圳市南山区滨海大道3001号',
};

/** The order of every create, except for its number. */
export const CREATE_INPUT = {
  serviceStartTime: 'OnAccept',
  serviceStartLocation: '深圳湾体育中心',
  serviceEndLocation: '科技园地铁站',
  serviceIntroduction: '共享单车骑行',
  fees: [
    { feeName: '骑行费', feeCount: 1, feeAmount: 150, feeDesc: '每半小时1.5元' },
    { feeName: '调度费', feeAmount: 500, feeDesc: '还在电子围栏外时收' },
  ],
  discounts: [{ discountName: '月卡', discountDesc: '前半小时免费' }],
  riskAmount: 10_000,
  attach: 'bike%3D10086',
  ...PERSONAL,
};

/** WeChat Pay's answer to a query: all of its 24 documented fields. */
export function orderAnswer(outOrderNo: string): string {
  return JSON.stringify({
    appid: APPID,
    mchid: MCHID,
    out_order_no: outOrderNo,
    service_id: SERVICE_ID,
    state: 'CREATED',
    finish_type: 1,
    service_start_time: '20261101093000',
    service_end_time: '20261101103000',
    real_service_start_time: '20261101093105',
    real_service_end_time: '20261101101500',
    pay_succ_time: '20261101101600',
    service_start_location: '深圳湾体育中心',
    service_end_location: '科技园地铁站',
    real_service_start_location: '深圳湾体育中心',
    real_service_end_location: '科技园地铁站',
    service_introduction: '共享单车骑行',
    fees: [
      { fee_name: '骑行费', fee_count: 1, fee_amount: 150, fee_desc: '每半小时1.5元' },
      { fee_name: '调度费', fee_count: 1, fee_amount: 500, fee_desc: '还在电子围栏外时收' },
    ],
    discounts: [{ discount_name: '月卡', discount_amount: 150, discount_desc: '前半小时免费' }],
    risk_amount: 10_000,
    total_amount: 500,
    attach: 'bike%3D10086',
    finish_ticket: '1900000001-20261101-ticket',
    finish_transaction_id: '4200000000202611010000000001',
    pay_type: 'WECHAT_PAY',
  });
}

/** WeChat Pay's answer to a create: all of its 10 documented fields. */
export function createAnswer(outOrderNo: string): string {
  return JSON.stringify({
    appid: APPID,
    mchid: MCHID,
    out_order_no: outOrderNo,
    service_id: SERVICE_ID,
    order_id: '15646546545165651651',
    miniprogram_businesstype: 'wxpayScoreUse',
    miniprogram_appid: 'wxd8f3793ea3b935b8',
    miniprogram_path: 'pages/use/use',
    miniprogram_username: 'gh_ab12cd34ef56',
    package: 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
  });
}
