import type { SandboxState } from '../../sandbox.ts';
import { notBound, orderNotFound, paramError } from '../refusal.ts';
import type { WechatCall } from './route.ts';

/** A required query parameter. 400 PARAM_ERROR if it is missing. */
export function requiredParameter(query: URLSearchParams, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') {
    throw paramError('参数错误', { field: name, issue: 'required', location: 'query' });
  }
  return value;
}

/** 403 NO_AUTH if the appid or service_id is not this merchant's. */
export function mustBeBound(appid: unknown, serviceId: unknown, sandbox: SandboxState): void {
  const { WECHAT_APPID, WECHAT_SERVICE_ID } = sandbox.identity.credentials;
  if (appid !== WECHAT_APPID || serviceId !== WECHAT_SERVICE_ID) {
    throw notBound();
  }
}

/** The same, where it is known only of neighbouring products: for the rule `analogyRules`. */
export function mustBeBoundByAnalogy(
  appid: unknown,
  serviceId: unknown,
  sandbox: SandboxState,
): void {
  if (sandbox.rules.analogyRules) {
    mustBeBound(appid, serviceId, sandbox);
  }
}

/** The orders of one product. */
interface Orders<Order> {
  find(outOrderNo: string, nowMs: number): Order | undefined;
  findByQueryId(queryId: string, nowMs: number): Order | undefined;
}

/** The order that a query names by exactly one of out_order_no and query_id. */
export function queriedOrder<Order>(
  { query }: Pick<WechatCall, 'query'>,
  orders: Orders<Order>,
  sandbox: SandboxState,
  mustBelong = mustBeBound,
): Order {
  const appid = requiredParameter(query, 'appid');
  mustBelong(appid, requiredParameter(query, 'service_id'), sandbox);
  const outOrderNo = query.get('out_order_no');
  const queryId = query.get('query_id');
  if ((outOrderNo === null) === (queryId === null)) {
    throw paramError('out_order_no与query_id必填其中一个，不允许都填写或都不填写', {
      field: 'out_order_no',
      issue: 'exactly one of out_order_no and query_id is required',
      location: 'query',
    });
  }
  const nowMs = sandbox.clock.now();
  const order =
    outOrderNo === null
      ? orders.findByQueryId(queryId ?? '', nowMs)
      : orders.find(outOrderNo, nowMs);
  if (!order) {
    throw orderNotFound();
  }
  return order;
}
