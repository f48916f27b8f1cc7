import type { WriteResult } from '../../ledger/records.ts';
import {
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderStateError,
  OutcomeUnknownError,
  type SendReport,
  WechatError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../wechat/index.ts';

/** How a write ended that took effect. */
export function successOf(report: SendReport | undefined): WriteResult {
  return {
    outcome: 'took-effect',
    attempts: report?.attempts ?? 0,
    reason: null,
    httpStatus: report?.status ?? null,
    wechatCode: report?.code ?? null,
    wechatMessage: null,
    wechatRequestId: report?.requestId ?? null,
  };
}

/** How a write ended that failed, as support needs it: the kind, and WeChat Pay's codes. */
export function failureOf(error: unknown, report: SendReport | undefined): WriteResult {
  const answer = error instanceof WechatError ? error : report;
  return {
    ...kindOf(error, report),
    attempts: report?.attempts ?? 0,
    httpStatus: answer?.status ?? null,
    wechatCode: answer?.code ?? null,
    wechatMessage: error instanceof WechatRefusedError ? error.refusal.explanation : null,
    wechatRequestId: answer?.requestId ?? null,
  };
}

function kindOf(
  error: unknown,
  report: SendReport | undefined,
): Pick<WriteResult, 'outcome' | 'reason'> {
  if (error instanceof OutcomeUnknownError) {
    return { outcome: 'unknown', reason: error.reason };
  }
  if (error instanceof WechatUnavailableError) {
    return { outcome: 'not-accepted', reason: report?.reason ?? 'NOT_SENT' };
  }
  if (error instanceof OrderConflictError) {
    return { outcome: 'refused', reason: 'CONFLICT' };
  }
  if (error instanceof OrderNotFoundError) {
    return { outcome: 'refused', reason: 'NOT_FOUND' };
  }
  if (error instanceof OrderStateError) {
    return { outcome: 'refused', reason: 'STATE' };
  }
  if (error instanceof OrderBusyError) {
    return { outcome: 'refused', reason: 'BUSY' };
  }
  return error instanceof WechatError
    ? { outcome: 'refused', reason: 'REFUSED' }
    : { outcome: 'unknown', reason: 'INTERNAL_ERROR' };
}
