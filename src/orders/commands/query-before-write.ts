import {
  type PayAfterOrder,
  type PayAfterOrderQuery,
  type WechatError,
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';

/** The error is local: WeChat Pay was not called, or its response is not the reason. */
export const NO_ANSWER = { status: null, code: null, requestId: null };

/**
 * The order before a write to it. Without a verified response, also to a missing order, nothing is
 * sent.
 * @param deadline on the monotonic clock, ms
 * @throws WechatUnavailableError, WechatRefusedError
 */
export async function queryBeforeWrite(
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  query: PayAfterOrderQuery,
  deadline: number,
): Promise<PayAfterOrder | null> {
  try {
    return await wechat.queryPayAfterOrder(query, { deadline, proven: true });
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
