import type { Authority } from './authority.ts';
import { startBlackhole } from './blackhole.ts';
import { freePort } from './free-port.ts';
import { FRONT_FAULTS } from './front-faults.ts';
import { type FrontFault, startTlsFront } from './tls-front.ts';

/** One way for WeChat Pay to be away or wrong, and what a caller is to see meanwhile. */
export interface FaultCase {
  readonly what: string;
  readonly quick: boolean;
  /** The member of the result union. */
  readonly create: string;
  /** The code of the error, or `data`. */
  readonly query: string;
  readonly start: (target: string, authority: Authority) => Promise<Place>;
  /** WeChat Pay's clock, against ours. */
  readonly clockOffMs?: number;
}

/** Where the server looks for WeChat Pay. */
interface Place {
  readonly port: number;
  readonly mend: () => Promise<void>;
  readonly end: () => PromiseLike<void>;
}

const UNAVAILABLE = { create: 'WechatUnavailableError', query: 'WECHAT_UNAVAILABLE' };
const UNKNOWN = { create: 'OutcomeUnknownError', query: 'WECHAT_UNAVAILABLE' };
const UNTRUSTED = { create: 'OutcomeUnknownError', query: 'WECHAT_UNTRUSTED' };
const FINE = { create: 'CreatePayAfterOrderPayload', query: 'data' };
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
    what: 'certificate of an unknown authority',
    quick: false,
    ...UNAVAILABLE,
    start: shows('unknown-authority'),
  },
  { what: '429 without Retry-After', quick: false, ...UNAVAILABLE, start: wrong(tooMany) },
  { what: '429 with Retry-After', quick: false, ...UNAVAILABLE, start: wrong(tooManyLater) },
  { what: '5xx without end', quick: false, ...UNKNOWN, start: wrong(serverError) },
  // The query has one of them, the create the other.
  { what: 'a burst of two 5xx', quick: false, ...FINE, start: wrong(serverError, 2) },
  { what: '502 with an HTML page', quick: false, ...UNKNOWN, start: wrong(html) },
  { what: '204 without a body', quick: false, ...UNTRUSTED, start: wrong(noContent) },
  { what: 'clock 10 min ahead of ours', quick: true, ...skewed(SKEW_MS) },
  { what: 'clock 10 min behind ours', quick: false, ...skewed(-SKEW_MS) },
];

/** WeChat Pay refuses calls that are dated wrongly: a definite no, and nothing is made. */
function skewed(clockOffMs: number) {
  const seen = { create: 'WechatRefusedError', query: 'WECHAT_REFUSED' };
  return { ...seen, clockOffMs, start: wrong(serverError, 0) };
}

function wrong(fault: FrontFault, times?: number): FaultCase['start'] {
  return async (target, { identities }) => {
    const front = await startTlsFront(target, identities.good);
    front.behave(fault, times);
    return {
      port: front.port,
      mend: () => Promise.resolve(front.behave(null)),
      end: () => front[Symbol.asyncDispose](),
    };
  };
}

function shows(name: keyof Authority['identities']): FaultCase['start'] {
  return async (target, { identities }) => {
    const front = await startTlsFront(target, identities[name]);
    return {
      port: front.port,
      mend: () => Promise.resolve(front.show(identities.good)),
      end: () => front[Symbol.asyncDispose](),
    };
  };
}

async function refused(target: string, authority: Authority): Promise<Place> {
  return appears(await freePort(), target, authority, () => Promise.resolve());
}

async function blackholed(target: string, authority: Authority): Promise<Place> {
  const hole = await startBlackhole();
  return appears(hole.port, target, authority, () => hole[Symbol.asyncDispose]());
}

/** Where nothing is for now; mended, WeChat Pay is there. */
function appears(
  port: number,
  target: string,
  { identities }: Authority,
  clear: () => PromiseLike<void>,
): Place {
  const stack = new AsyncDisposableStack();
  let cleared = false;
  const clearOnce = async () => {
    if (!cleared) {
      cleared = true;
      await clear();
    }
  };
  return {
    port,
    mend: async () => {
      await clearOnce();
      stack.use(await startTlsFront(target, identities.good, port));
    },
    end: async () => {
      await clearOnce();
      await stack.disposeAsync();
    },
  };
}
