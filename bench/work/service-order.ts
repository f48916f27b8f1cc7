import { APPID, MCHID, SERVICE_ID } from './merchant.ts';

/** The service order of every create, except for its number: nothing of it is encrypted. */
export const SERVICE_CREATE_INPUT = {
  serviceIntroduction: '共享充电宝租借',
  postPayments: [
    { name: '租金', amount: 150, description: '每半小时1.5元', count: 1 },
    { name: '调度费', amount: 500, description: '不在原柜归还时收取', count: 1 },
  ],
  postDiscounts: [{ name: '月卡', description: '前半小时免费', count: 1 }],
  timeRange: { startTime: 'OnAccept', startTimeRemark: '取出' },
  location: { startLocation: '深圳湾体育中心', endLocation: '科技园地铁站' },
  riskFund: { name: 'ESTIMATE_ORDER_COST', amount: 10_000, description: '预估费用' },
  attach: 'bank%3D10086',
  notifyUrl: 'https://shop.example/wechat/notify',
  needUserConfirm: true,
  device: { startDeviceId: 'HG123456', endDeviceId: 'HG123457', materielNo: 'M10086' },
};

export const SERVICE_QUERY = `query Order($no: String!) {
  serviceOrder(by: { outOrderNo: $no }) {
    appid mchid outOrderNo serviceId serviceIntroduction state stateDescription totalAmount
    postPayments { name amount description count }
    postDiscounts { name description amount count }
    riskFund { name amount description }
    timeRange { startTime endTime startTimeRemark endTimeRemark }
    location { startLocation endLocation }
    attach notifyUrl orderId openid needCollection
    collection {
      state totalAmount payingAmount paidAmount
      details { seq amount paidType paidTime transactionId }
    }
  }
}`;

export const SERVICE_CREATE = `mutation Create($input: CreateServiceOrderInput!) {
  createServiceOrder(input: $input) {
    __typename
    ... on CreateServiceOrderPayload {
      appid mchid outOrderNo serviceId orderId package state
    }
    ... on UserError { code message }
  }
}`;

const IDS = { appid: APPID, mchid: MCHID, service_id: SERVICE_ID };
const OF_CREATE = {
  service_introduction: '共享充电宝租借',
  risk_fund: { name: 'ESTIMATE_ORDER_COST', amount: 10_000, description: '预估费用' },
  location: { start_location: '深圳湾体育中心', end_location: '科技园地铁站' },
  attach: 'bank%3D10086',
  notify_url: 'https://shop.example/wechat/notify',
  order_id: '15646546545165651651',
};

/** WeChat Pay's answer to a query of a service order: it is paid, with every documented field. */
export function serviceOrderAnswer(outOrderNo: string): string {
  return JSON.stringify({
    ...IDS,
    ...OF_CREATE,
    out_order_no: outOrderNo,
    state: 'DONE',
    total_amount: 500,
    post_payments: [
      { name: '租金', amount: 150, description: '每半小时1.5元', count: 1 },
      { name: '调度费', amount: 500, description: '不在原柜归还时收取', count: 1 },
    ],
    post_discounts: [{ name: '月卡', description: '前半小时免费', amount: 150, count: 1 }],
    time_range: {
      start_time: '20261101093105',
      start_time_remark: '取出',
      end_time: '20261101101500',
      end_time_remark: '归还',
    },
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    need_collection: true,
    collection: {
      state: 'USER_PAID',
      total_amount: 500,
      paying_amount: 0,
      paid_amount: 500,
      details: [
        {
          seq: 1,
          amount: 500,
          paid_type: 'NEWTON',
          paid_time: '20261101101600',
          transaction_id: '4200000000202611010000000001',
        },
      ],
    },
  });
}

/** WeChat Pay's answer to a create of a service order, which the user has to confirm. */
export function createdServiceOrderAnswer(outOrderNo: string): string {
  return JSON.stringify({
    ...IDS,
    ...OF_CREATE,
    out_order_no: outOrderNo,
    state: 'CREATED',
    time_range: { start_time: 'OnAccept', start_time_remark: '取出' },
    package: 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
  });
}
