import { OTHER_ANSWERS, type OtherAnswer } from '../../src/sandbox/faults/fault.ts';
import { blackholed, injected, refused, type StartPlace, shows, wrong } from './fault-places.ts';
import { FRONT_FAULTS, unsignedRefusal } from './front-faults.ts';

/** One fault of WeChat Pay, and the expected result of a caller during it. */
export interface FaultCase {
  readonly what: string;
  readonly quick: boolean;
  /** The member of the result union. */
  readonly create: string;
  /** The code of the error, or `data`. */
  readonly query: string;
  readonly start: StartPlace;
  /** The offset of WeChat Pay's clock from ours. */
  readonly clockOffMs?: number;
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly quick: boolean;
}

const UNAVAILABLE = { create: 'WechatUnavailableError', query: 'WECHAT_UNAVAILABLE' };
const UNKNOWN = { create: 'OutcomeUnknownError', query: 'WECHAT_UNAVAILABLE' };
const UNTRUSTED = { create: 'OutcomeUnknownError', query: 'WECHAT_UNTRUSTED' };
const FINE = { create: 'CreatePayAfterOrderPayload', query: 'data' };
const REFUSED = { create: 'WechatRefusedError', query: 'data' };
const RATE_LIMITED = { fault: 'status', status: 429 };
const SKEW_MS = 600_000;

const { resetBefore, resetAfter, silence, truncated, oversize, html } = FRONT_FAULTS;
const { serverError, noContent, tooMany, tooManyLater } = FRONT_FAULTS;

export const CASES: readonly FaultCase[] = [
  { what: 'connection refused', quick: true, ...UNAVAILABLE, start: refused },
  { what: 'connection hangs (blackhole)', quick: true, ...UNAVAILABLE, start: blackholed },
  { what: 'reset before the call', quick: true, ...UNKNOWN, start: wrong(resetBefore) },
  { what: 'reset after it took effect', quick: true, ...UNKNOWN, start: wrong(resetAfter) },
  { what: 'headers, then silence', quick: false, ...UNKNOWN, start: wrong(silence) },
  { what: 'truncated answer', quick: false, ...UNKNOWN, start: wrong(truncated) },
  { what: 'answer of 2 MB', quick: true, ...UNKNOWN, start: wrong(oversize) },
  { what: 'certificate expired', quick: true, ...UNAVAILABLE, start: shows('expired') },
  { what: 'certificate of another host', quick: false, ...UNAVAILABLE, start: shows('wrong-host') },
  {
    what: 'certificate of an unknown CA',
    quick: false,
    ...UNAVAILABLE,
    start: shows('unknown-authority'),
  },
  // A proxy may have forwarded the call before it answered 429 without a signature.
  { what: '429 without Retry-After', quick: false, ...UNKNOWN, start: wrong(tooMany) },
  { what: '429 with Retry-After', quick: false, ...UNKNOWN, start: wrong(tooManyLater) },
  { what: 'signed 429', quick: false, ...UNAVAILABLE, start: injected(RATE_LIMITED) },
  ...[
    { status: 400, code: 'PARAM_ERROR', quick: false },
    { status: 403, code: 'NO_AUTH', quick: true },
    { status: 404, code: 'ORDER_NOT_EXIST', quick: false },
    { status: 409, code: 'INVALID_REQUEST', quick: false },
  ].flatMap(refusals),
  // Nothing is proved, neither by the refusal of the create nor by that of the query. An unsigned 404 of
  // both is a refusal: WeChat Pay may not sign all of its own.
  {
    what: 'unsigned 403 to every call, after it took effect',
    quick: false,
    create: 'OutcomeUnknownError',
    query: 'WECHAT_REFUSED',
    start: wrong(unsignedRefusal(403, 'NO_AUTH', true)),
  },
  ...OTHER_ANSWERS.flatMap(answersToOtherCalls),
  { what: 'permanent 5xx', quick: false, ...UNKNOWN, start: wrong(serverError) },
  // The query gets one of them, the create the other.
  { what: 'a burst of two 5xx', quick: false, ...FINE, start: wrong(serverError, 2) },
  { what: '502 with an HTML page', quick: false, ...UNKNOWN, start: wrong(html) },
  { what: '204 without a body', quick: false, ...UNTRUSTED, start: wrong(noContent) },
  { what: 'clock 10 min ahead of ours', quick: true, ...skewed(SKEW_MS) },
  { what: 'clock 10 min behind ours', quick: false, ...skewed(-SKEW_MS) },
];

/** WeChat Pay refuses calls with a wrong timestamp: a definite refusal, and nothing is created. */
function skewed(clockOffMs: number) {
  const seen = { create: 'WechatRefusedError', query: 'WECHAT_REFUSED' };
  return { ...seen, clockOffMs, start: wrong(serverError, 0) };
}

/** Only of writes: the query of the order succeeds and decides. */
function refusals({ status, code, quick }: Refused): readonly FaultCase[] {
  return [
    {
      what: `unsigned ${status} after the create took effect`,
      quick,
      ...FINE,
      start: wrong({ ...unsignedRefusal(status, code, true), method: 'POST' }),
    },
    {
      what: `unsigned ${status} before the create took effect`,
      quick,
      ...REFUSED,
      start: wrong({ ...unsignedRefusal(status, code, false), method: 'POST' }),
    },
  ];
}

/** Validly signed: only the ids show that they are not responses to this call. */
function answersToOtherCalls(of: OtherAnswer): readonly FaultCase[] {
  return [true, false].map((takesEffect) => ({
    what: `signed answer to another call (${of}), ${takesEffect ? 'after' : 'before'} it took effect`,
    quick: of === 'empty-object' && !takesEffect,
    ...UNTRUSTED,
    start: injected({ fault: 'other-answer', of, takesEffect }),
  }));
}
