import { type Answer, failure, NUMBER } from './answer.ts';

/** Thrown if WeChat Pay refuses the call; contains the whole response. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.text);
    this.answer = answer;
  }
}

/**
 * 400 PARAM_ERROR. `field` is a JSON pointer for a body and a parameter's name for a query. WeChat
 * Pay may echo the value too; the sandbox never does, because it may be a phone number.
 */
export function paramError(
  message: string,
  detail: { field: string; issue: string; location: 'body' | 'query' | 'header' },
  number: number = NUMBER.outOfRange,
): Refusal {
  return new Refusal(failure(400, { code: 'PARAM_ERROR', message, detail }, number));
}

export function invalidRequest(message: string, number: number): Refusal {
  return new Refusal(failure(400, { code: 'INVALID_REQUEST', message }, number));
}

/** 403 NO_AUTH: the appid or service_id is not this merchant's. */
export function notBound(): Refusal {
  return new Refusal(
    failure(403, { code: 'NO_AUTH', message: '商户号与appid或服务ID未绑定' }, NUMBER.notBound),
  );
}

/** 403 NO_AUTH: the merchant, or the user, has not permitted this. */
export function noPermission(message: string): Refusal {
  return new Refusal(failure(403, { code: 'NO_AUTH', message }, NUMBER.noPermission));
}

export function orderNotFound(): Refusal {
  return new Refusal(
    failure(404, { code: 'ORDER_NOT_EXIST', message: '订单不存在' }, NUMBER.orderNotFound),
  );
}

/** 400: the state of the order does not allow the operation. */
export function orderIs(
  code: 'INVALID_ORDER_STATE' | 'ORDER_DONE' | 'ORDER_CANCELED',
  message: string,
  number: number,
): Refusal {
  return new Refusal(failure(400, { code, message }, number));
}

export function noSuchResource(message: string): Refusal {
  return new Refusal(failure(404, { code: 'RESOURCE_NOT_EXISTS', message }, NUMBER.unlisted));
}

export function methodNotAllowed(allowed: readonly string[]): Refusal {
  return new Refusal({
    ...failure(405, { code: 'INVALID_REQUEST', message: '请求方法不被允许' }, NUMBER.unlisted),
    headers: { Allow: allowed.join(', ') },
  });
}

/** 413. Such a body is not kept, so its signature cannot be checked: the response is unsigned. */
export function bodyTooLarge(): Refusal {
  const message = '请求体超过1MB';
  return new Refusal({
    ...failure(413, { code: 'INVALID_REQUEST', message }, NUMBER.outOfRange),
    signedBy: 'nobody',
  });
}
