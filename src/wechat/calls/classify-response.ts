import { camelCase, isObject, type Wire } from '../codec/codec.ts';
import { type FoundKey, type VerificationFailure, verifySignature } from '../crypto/signature.ts';
import type { Refusal } from '../errors.ts';
import type { TransportResult } from '../http/transport.ts';
import type { Ambiguous, Attempt, NotAccepted } from './retry-policy.ts';

/**
 * Reads the result from a verified body; `undefined` if the body is not a response to this call.
 */
export type Reader<T> = (wire: Wire) => T | undefined;

/** What a reader gets of a 204: no other response is it, also none without fields. */
export const NO_CONTENT: Wire = Object.freeze({});

export interface ClassifyContext<T> {
  readonly findKey: (serial: string) => FoundKey;
  /** Unix ms. */
  readonly now: number;
  readonly read: Reader<T>;
  readonly sent: () => readonly string[];
}

/** Classifies an attempt as one of the four kinds. Verifies before it parses. Pure. */
export function classifyResponse<T>(
  delivery: TransportResult,
  context: ClassifyContext<T>,
): Attempt<T> {
  if (delivery.type !== 'answered') {
    return classifyFailure(delivery);
  }
  const { status } = delivery;
  const last = { status, code: readCode(delivery), requestId: requestIdOf(delivery) };
  const failure = verifySignature(delivery, context.findKey, context.now);
  if (status === 429) {
    const what = 'WeChat Pay rate limit reached (429).';
    const later = retryAfter(delivery.header('retry-after'));
    return {
      kind: 'not-accepted',
      reason: 'RATE_LIMITED',
      ...(failure !== undefined && { unverified: true }),
      what,
      ...last,
      ...later,
    };
  }
  if (status >= 500 || status === 202) {
    const what =
      status === 202
        ? 'WeChat Pay has not finished the request (202).'
        : 'WeChat Pay returned a server error (5xx).';
    return { kind: 'ambiguous', reason: 'SERVER_ERROR', what, ...last };
  }
  const untrusted = (why: string, what: string): Ambiguous => {
    const cause = Object.assign(new Error(what), { code: why });
    return { kind: 'ambiguous', reason: 'UNTRUSTED_ANSWER', what, ...last, cause };
  };
  if (status >= 200 && status < 300) {
    if (failure !== undefined) {
      return untrusted(failure.why, describe(failure));
    }
    // A 204 without ids is not a response to a call that expects them: its reader rejects it.
    const isEmpty = status === 204 && delivery.body.length === 0;
    const wire = isEmpty ? NO_CONTENT : parseObject(delivery.body);
    const answer = wire && context.read(wire);
    return answer === undefined
      ? untrusted('other-request', 'The response does not belong to the request.')
      : { kind: 'done', answer, ...last };
  }
  const refusal =
    status >= 400 ? readRefusal(delivery, failure === undefined, context.sent) : undefined;
  return refusal === undefined
    ? untrusted(
        'no-error-code',
        `HTTP ${status} without a WeChat Pay error code: the response is not from WeChat Pay; check proxies.`,
      )
    : { kind: 'refused', refusal };
}

function classifyFailure(
  delivery: Exclude<TransportResult, { type: 'answered' }>,
): NotAccepted | Ambiguous {
  const last = { status: null, code: null, requestId: null, cause: delivery.cause };
  switch (delivery.type) {
    case 'not-sent':
      return {
        kind: 'not-accepted',
        reason: 'NOT_CONNECTED',
        what: 'Connecting to WeChat Pay failed.',
        ...last,
      };
    case 'timed-out':
      return { kind: 'ambiguous', reason: 'TIMEOUT', what: 'The attempt timed out.', ...last };
    case 'broken':
      return { kind: 'ambiguous', reason: 'CONNECTION', what: 'The connection broke.', ...last };
  }
}

function describe(failure: VerificationFailure): string {
  switch (failure.why) {
    case 'unsigned':
      return `The response has no ${failure.missing} header: a proxy may strip it, or it is forged.`;
    case 'unreadable-header':
      return `The response has no valid ${failure.header} header: a proxy may repeat or change it.`;
    case 'outside-window':
      return `The response is dated ${failure.offBySeconds} s off this machine's clock: check the clock.`;
    case 'unknown-serial':
      return 'The response is signed with a key that is not configured: check the platform keys.';
    case 'expired-certificate':
      return 'The response is signed with a platform certificate that has expired: replace it, and check the clock.';
    case 'not-yet-valid-certificate':
      return 'The response is signed with a platform certificate that is not valid yet: check the clock.';
    case 'probe':
      return "The response carries one of WeChat Pay's signature probes.";
    case 'wrong-signature':
      return 'The signature does not match the response: it is forged, or a proxy altered the body.';
  }
}

/** Whole seconds only; WeChat Pay never sends the date form. */
function retryAfter(header: string | null): { retryAfterMs?: number } {
  return header !== null && /^\d{1,6}$/.test(header) ? { retryAfterMs: Number(header) * 1000 } : {};
}

type Answered = Extract<TransportResult, { type: 'answered' }>;

/** Every response has one; its last part is the detailed error number, 0 on success. */
function requestIdOf(answered: Answered): string | null {
  return answered.header('request-id');
}

/** The `code` of an error's body; null if the body does not have WeChat Pay's form. */
export function readCode(answered: Answered): string | null {
  const code = answered.status < 400 ? undefined : parseObject(answered.body)?.['code'];
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : null;
}

/** `…-271316598` → 271316598; null where there is none. */
function fineNumber(requestId: string | null): number | null {
  const digits = requestId === null ? null : /-(\d{1,15})$/.exec(requestId)?.[1];
  return digits === undefined || digits === null || Number(digits) === 0 ? null : Number(digits);
}

/**
 * Reads a 4xx response; `undefined` if it has no WeChat Pay error code, as a proxy's page.
 * @param sent the values of the request: WeChat Pay's message is omitted if it quotes one of them.
 */
function readRefusal(
  answered: Answered,
  verified: boolean,
  sent: () => readonly string[],
): Refusal | undefined {
  const code = readCode(answered);
  if (code === null) {
    return undefined;
  }
  const requestId = requestIdOf(answered);
  const { message, detail } = parseObject(answered.body) ?? {};
  return {
    status: answered.status,
    code,
    number: fineNumber(requestId),
    requestId,
    explanation: typeof message === 'string' && !quotes(message, sent()) ? message : null,
    ...readDetail(detail, sent),
    verified,
  };
}

/** A JSON pointer into the body, or the name of a parameter: names and indices, so never a value. */
const FIELD = /^\/?[a-z][a-z0-9_]{0,39}(?:\/(?:[a-z][a-z0-9_]{0,39}|\d{1,3})){0,5}$/;
/** Short, on one line, and without a number that could be a value. */
const ISSUE = /^(?!.*\d{5})[^\p{C}]{1,64}$/u;

/**
 * The field and the issue of `detail`. Of a wrong signature the issue is one level deeper, and the
 * field is a header's.
 */
function readDetail(
  detail: unknown,
  sent: () => readonly string[],
): Pick<Refusal, 'field' | 'issue'> {
  if (!isObject(detail)) {
    return { field: null, issue: null };
  }
  const {
    field,
    location,
    issue = isObject(detail['detail']) && detail['detail']['issue'],
  } = detail;
  const isInput = location !== 'authorization' && location !== 'header';
  const path =
    isInput && typeof field === 'string' && FIELD.test(field)
      ? field.split('/').filter((name) => name !== '')
      : [];
  const values = path.length > 0 || typeof issue === 'string' ? sent() : [];
  const isNamed = path.length > 0 && !path.some((name) => values.includes(name));
  return {
    field: isNamed ? path.map(camelCase).join('.') : null,
    issue: typeof issue === 'string' && ISSUE.test(issue) && !quotes(issue, values) ? issue : null,
  };
}

/** The body as a JSON object; `undefined` for anything else, an empty body included. */
export function parseObject(body: Uint8Array): Wire | undefined {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(body.buffer, body.byteOffset, body.length).toString(),
    );
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function quotes(message: string, sent: readonly string[]): boolean {
  return sent.some((value) => value !== '' && message.includes(value));
}

/** The ids of an order in a request. */
export interface OrderIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string;
  /** Undefined for a query by `query_id`: only the response contains the number. */
  readonly outOrderNo: string | undefined;
}

/** The ids in a response. Null: the endpoint does not return it. */
interface AnsweredIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string | null;
  readonly outOrderNo: string;
}

/**
 * Whether a response belongs to this request. A signature covers time, nonce and body but not the
 * request, so a validly signed response to another call verifies too: only its own ids can be
 * compared.
 */
export function isOwnAnswer(answer: AnsweredIds, request: OrderIds): boolean {
  return (
    answer.mchid === request.mchid &&
    answer.appid === request.appid &&
    (answer.serviceId === null || answer.serviceId === request.serviceId) &&
    (request.outOrderNo === undefined || answer.outOrderNo === request.outOrderNo)
  );
}

/** Fields that only the orders of one product have. */
const OF_PRODUCT: Readonly<Record<'PAY_AFTER' | 'SERVICE_ORDER', readonly string[]>> = {
  PAY_AFTER: ['risk_amount', 'service_start_time', 'fees'],
  SERVICE_ORDER: ['time_range', 'risk_fund', 'post_payments', 'state_description'],
};

/**
 * Whether this is an order of the product. Nothing else distinguishes them: the orders of both may have
 * the same ids.
 */
export function isOrderOf(product: 'PAY_AFTER' | 'SERVICE_ORDER', wire: Wire): boolean {
  return OF_PRODUCT[product].some((name) => name in wire);
}

/** Fields that only queries and notifications have: `state`. */
const OF_QUERY = ['state'];
/** Fields that only a create has: the launch data of the confirmation page. */
const OF_CREATE = [
  'package',
  'miniprogram_businesstype',
  'miniprogram_appid',
  'miniprogram_path',
  'miniprogram_username',
];

/**
 * Whether this is the response of another endpoint about the same order, which has the same ids.
 */
export function isOfOtherEndpoint(wire: Wire, operation: 'create' | 'change'): boolean {
  const foreign = operation === 'create' ? OF_QUERY : [...OF_QUERY, ...OF_CREATE];
  return foreign.some((name) => name in wire);
}

/**
 * Whether only the response to a create has these fields; the responses to other writes contain
 * only ids.
 */
export function isOfCreateOnly(wire: Wire): boolean {
  return OF_CREATE.some((name) => typeof wire[name] === 'string' && wire[name] !== '');
}
