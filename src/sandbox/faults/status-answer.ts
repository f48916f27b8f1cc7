import { type Answer, failure, NUMBER, success } from '../wechat/answer.ts';
import type { CallFault, OtherAnswer } from './fault.ts';

const OTHER_ORDER = {
  appid: 'wxd678efh567hg6787',
  mchid: '1230000109',
  out_order_no: 'ANOTHER-ORDER',
  service_id: '500001',
  order_id: '15646546545165651651',
  state: 'USER_PAID',
  total_amount: 1,
};

/** The ids that a call names, as in the response to each write. */
export interface CallIds {
  readonly appid: string;
  readonly mchid: string;
  readonly out_order_no: string;
  readonly service_id: string;
  /** Undefined if there is no such order. */
  readonly order_id: string | undefined;
}

/** A successful response of another call, signed like every success. */
export function otherAnswer(of: OtherAnswer, ids: CallIds): Answer {
  switch (of) {
    case 'same-order':
      return success({ ...ids, order_id: ids.order_id ?? OTHER_ORDER.order_id });
    case 'empty-object':
      return success({});
    case 'empty-body':
      return { ...success({}), text: '' };
    case 'no-content':
      return { ...success({}), status: 204, text: '' };
    case 'other-order':
      return success(OTHER_ORDER);
    case 'user-service-state': {
      const { appid, service_id } = OTHER_ORDER;
      return success({ appid, service_id, use_service_state: 'AVAILABLE' });
    }
    case 'certificates':
      return success({ data: [] });
  }
}

const WITHOUT_BODY = [204, 205, 304];

/** WeChat Pay's usual code for a status. */
export function usualCode(status: number): string {
  const codes: Readonly<Record<number, string>> = {
    400: 'PARAM_ERROR',
    401: 'SIGN_ERROR',
    403: 'NO_AUTH',
    404: 'ORDER_NOT_EXIST',
    429: 'FREQUENCY_LIMITED',
    502: 'SERVICE_UNAVAILABLE',
    503: 'SERVICE_UNAVAILABLE',
  };
  return codes[status] ?? (status < 500 ? 'INVALID_REQUEST' : 'SYSTEM_ERROR');
}

/**
 * The response that the fault `status` returns instead of the real one; 401, 5xx and HTML are
 * unsigned.
 */
export function statusAnswer(fault: CallFault & { fault: 'status' }): Answer {
  const { status, code, message, retryAfter } = fault;
  const retry = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  const usuallyUnsigned = fault.html || status === 401 || status >= 500;
  const unsigned = fault.signature === 'none' || (fault.signature === 'usual' && usuallyUnsigned);
  const answer = failure(status, { code, message }, usualNumber(code));
  return {
    ...answer,
    ...(fault.html && { text: page(status) }),
    ...(WITHOUT_BODY.includes(status) && { text: '' }),
    signedBy: unsigned ? 'nobody' : 'asked',
    headers: fault.html ? { ...retry, 'Content-Type': 'text/html; charset=utf-8' } : retry,
  };
}

function usualNumber(code: string): number {
  switch (code) {
    case 'PARAM_ERROR':
      return NUMBER.outOfRange;
    case 'SIGN_ERROR':
      return NUMBER.badAuthorization;
    case 'NO_AUTH':
      return NUMBER.noPermission;
    case 'ORDER_NOT_EXIST':
      return NUMBER.orderNotFound;
    case 'FREQUENCY_LIMITED':
    case 'RATELIMIT_EXCEEDED':
      return NUMBER.tooOften;
    default:
      return NUMBER.unlisted;
  }
}

function page(status: number): string {
  return `<html>\r\n<head><title>${status}</title></head>\r\n<body><h1>${status}</h1></body>\r\n</html>\r\n`;
}
