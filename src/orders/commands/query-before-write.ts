import {
  type PayAfterOrder,
  type PayAfterOrderQuery,
  type WechatPay,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';

/** Of an error that is ours: WeChat was not asked, or its answer is not the reason. */
export const NO_ANSWER = { status: null, code: null, requestId: null };

/**
 * An order as it is before a write to it. Without an answer to be trusted nothing is sent.
 * @param deadline on the monotonic clock, ms
 * @throws WechatUnavailableError, WechatRefusedError
 */
export async function queryBeforeWrite(
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  query: PayAfterOrderQuery,
  deadline: number,
): Promise<PayAfterOrder | null> {
  try {
    return await wechat.queryPayAfterOrder(query, { deadline });
  } catch (error) {
    throw error instanceof WechatUntrustedError
      ? new WechatUnavailableError(`Nothing was sent. ${error.message}`, error)
      : error;
  }
}
