import { queryAnswer } from '../../orders/order-views.ts';
import { success } from '../answer.ts';
import { orderNotFound, paramError } from '../refusal.ts';
import { mustBeBound, requiredParameter } from './parameters.ts';
import type { Route } from './route.ts';

/** 查询先享后付订单, by exactly one of out_order_no and query_id. */
export const query: Route = {
  kind: 'query',
  method: 'GET',
  path: '/v3/payscore/payafter-orders',
  handle: (call, world) => {
    const { clock, identity, orders, rules } = world;
    const appid = requiredParameter(call.query, 'appid');
    mustBeBound(appid, requiredParameter(call.query, 'service_id'), world);
    const outOrderNo = call.query.get('out_order_no');
    const queryId = call.query.get('query_id');
    if ((outOrderNo === null) === (queryId === null)) {
      const issue = 'exactly one of out_order_no and query_id is required';
      throw paramError('out_order_no与query_id必填其中一个，不允许都填写或都不填写', {
        field: 'out_order_no',
        issue,
        location: 'query',
      });
    }
    const order =
      outOrderNo === null
        ? orders.findByQueryId(queryId ?? '', clock.now())
        : orders.find(outOrderNo, clock.now());
    if (!order) {
      throw orderNotFound();
    }
    return { answer: success(queryAnswer(order, identity.credentials.WECHAT_MCHID, rules)) };
  },
};
