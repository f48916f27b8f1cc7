import { builder } from '../builder.ts';

const NEWER = 'A value that this server version does not know.';

export const ServiceOrderStateEnum = builder.enumType('ServiceOrderState', {
  description:
    '订单状态: the state of a service order. While it is DOING, `stateDescription` says more; `status` combines the two.',
  values: {
    CREATED: {
      description:
        '商户已创建服务订单: created, but not confirmed by the user. Do not start the service yet.',
    },
    DOING: { description: '服务订单进行中: in progress; `stateDescription` says how far.' },
    DONE: {
      description:
        '服务订单完成: done, and paid if there was anything to pay. WeChat Pay does not document whether an order with nothing to pay becomes DONE. Final.',
    },
    REVOKED: { description: '取消服务订单: canceled. Final.' },
    EXPIRED: { description: '服务订单已失效: the user did not confirm it within 30 days. Final.' },
    UNKNOWN: {
      description: `${NEWER} The raw value is in \`stateRaw\`. Do not treat it as confirmed or paid.`,
    },
  },
});

export const ServiceOrderStateDescriptionEnum = builder.enumType('ServiceOrderStateDescription', {
  description: '对服务订单"进行中"状态的附加说明: how far an order in the state DOING is.',
  values: {
    USER_CONFIRM: {
      description: '用户确认: confirmed by the user, or created without confirmation.',
    },
    MCH_COMPLETE: {
      description: '商户完结: completed by the merchant; WeChat Pay collects the payment.',
    },
    UNKNOWN: { description: `${NEWER} The raw value is in \`stateDescriptionRaw\`.` },
  },
});

export const RiskFundNameEnum = builder.enumType('RiskFundName', {
  description: '风险金名称: the kind of the amount at risk.',
  values: {
    DEPOSIT: { description: '押金: a deposit, which the user need not pay in advance.' },
    ADVANCE: { description: '预付款: a prepayment, which the user need not pay in advance.' },
    CASH_DEPOSIT: {
      description: '保证金: a security deposit, which the user need not pay in advance.',
    },
    ESTIMATE_ORDER_COST: { description: '预估订单费用: the estimated cost of the service.' },
    UNKNOWN: { description: `${NEWER} The raw value is in \`nameRaw\`.` },
  },
});

export const CollectionStateEnum = builder.enumType('CollectionState', {
  description: '收款状态: whether the user has paid a completed order.',
  values: {
    USER_PAYING: {
      description: '待支付: not paid yet. WeChat Pay tries to collect the payment again and again.',
    },
    USER_PAID: { description: '已支付: paid.' },
    UNKNOWN: { description: `${NEWER} The raw value is in \`stateRaw\`.` },
  },
});

export const CollectionPaidTypeEnum = builder.enumType('CollectionPaidType', {
  description: '收款成功渠道: who collected a payment.',
  values: {
    NEWTON: { description: '微信支付分: WeChat Pay collected it.' },
    MCH: { description: "商户渠道: the user paid through the merchant's own channel." },
    UNKNOWN: { description: `${NEWER} The raw value is in \`paidTypeRaw\`.` },
  },
});
