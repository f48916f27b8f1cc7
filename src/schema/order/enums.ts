import { builder } from '../builder.ts';

export const OrderProductEnum = builder.enumType('OrderProduct', {
  description:
    'Which of the two products an order belongs to. Both are of WeChat Pay Score (微信支付分), by which WeChat Pay decides whether a user may pay after the service.',
  values: {
    PAY_AFTER: {
      description: '先享后付订单: a pay-after order, as createPayAfterOrder creates it.',
    },
    SERVICE_ORDER: {
      description: '支付分服务订单: a service order, as createServiceOrder creates it.',
    },
  },
});

export const OrderStatusEnum = builder.enumType('OrderStatus', {
  description:
    'The status of an order (订单状态), with the same values for both products. It only moves forward; you may not see every status.',
  values: {
    CREATED: {
      description:
        'Created, but not confirmed by the user (已创建). Do not start the service yet. If the user does not confirm, it becomes EXPIRED: a pay-after order after an hour, a service order after 30 days.',
    },
    ACCEPTED: {
      description:
        'Confirmed by the user, or created without confirmation (用户已确认): start the service.',
    },
    COMPLETED: {
      description:
        'Completed by the merchant (商户已完结): WeChat Pay collects the amount, or the merchant does. Not paid yet.',
    },
    PAID: {
      description:
        'Paid (已支付), or a service order that is done with nothing to pay. WeChat Pay does not document whether an order with totalAmount 0 becomes PAID or remains COMPLETED. Final.',
    },
    CANCELED: { description: 'Canceled (已取消). Final.' },
    EXPIRED: { description: 'Not confirmed by the user in time (已失效). Final.' },
    UNKNOWN: {
      description:
        'A state that this server version does not know, or not yet known at all. Do not treat it as confirmed or paid.',
    },
  },
});

export const PaymentChannelEnum = builder.enumType('PaymentChannel', {
  description: 'Who collected a payment (收款渠道).',
  values: {
    WECHAT: { description: 'WeChat Pay collected it (微信支付分扣款): it can be refunded there.' },
    MERCHANT: {
      description:
        "The user paid through the merchant's own channel, as a sync reported (商户渠道).",
    },
    UNKNOWN: {
      description: 'WeChat Pay sent no channel, or one that this server version does not know.',
    },
  },
});
