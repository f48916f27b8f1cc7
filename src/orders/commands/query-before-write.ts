import {
  type PayAfterOrder,
  type PayAfterOrderQuery,
  type WechatError,
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';

/** Of an error that is ours: WeChat was not asked, or its answer is not the reason. */
export const NO_ANSWER = { status: null, code: null, requestId: null };

/**
 * An order as it is before a write to it. Without a verified answer, that it does not exist included,
 * nothing is sent.
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
    throw isUnproven(error)
      ? new WechatUnavailableError(`No request was sent. ${error.message}`, error)
      : error;
  }
}

/** An answer, a refusal included, that may not be WeChat Pay's. A 401 is never signed. */
function isUnproven(error: unknown): error is WechatError {
  return (
    error instanceof WechatUntrustedError ||
    (error instanceof WechatRefusedError && !error.refusal.verified && error.status !== 401)
  );
}
