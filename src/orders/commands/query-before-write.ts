import {
  type OrderQuery,
  type WechatError,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';
import type { OrderQueries, ProductOrders } from '../products/products.ts';

/** The error is local: WeChat Pay was not called, or its response is not the reason. */
export const NO_ANSWER = { status: null, code: null, requestId: null };

/**
 * The order before a write to it. Without a verified response, also to a missing order, nothing is
 * sent.
 * @param deadline on the monotonic clock, ms
 * @throws WechatUnavailableError, WechatRefusedError
 */
export async function queryBeforeWrite<O>(
  {
    orders,
    wechat,
  }: { readonly orders: Pick<ProductOrders<O>, 'query'>; readonly wechat: OrderQueries },
  query: OrderQuery,
  deadline: number,
): Promise<O | null> {
  try {
    return await orders.query(wechat, query, { deadline });
  } catch (error) {
    if (!isUnproven(error)) {
      throw error;
    }
    const { message, status, code, requestId, attempts } = error;
    throw new WechatUnavailableError(`No request was sent. ${message}`, {
      ...{ status, code, requestId, attempts },
      reason: 'UNTRUSTED_ANSWER',
      cause: error,
    });
  }
}

/** A response, possibly a refusal, that may not be from WeChat Pay. A 401 is never signed. */
function isUnproven(error: unknown): error is WechatError {
  return (
    error instanceof WechatUntrustedError ||
    (error instanceof WechatRefusedError && !error.refusal.verified && error.status !== 401)
  );
}
