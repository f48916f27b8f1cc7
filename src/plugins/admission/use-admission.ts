import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CallerContext, callerOf } from '../../auth/caller.ts';
import type { RateLimit } from '../../auth/rate-limit.ts';
import { overloaded, overloadedResponse } from '../../http/overloaded.ts';

export interface AdmissionOptions {
  /**
   * Maximum concurrent operations. As many more may be queued to begin; for a slot, as many as
   * become free within `waitMs`.
   */
  readonly most: number;
  /**
   * How long an operation may wait for a slot at full concurrency, in ms: operations expected to
   * wait longer are rejected.
   */
  readonly waitMs?: number;
  /**
   * How many operations begin in one turn of the event loop; the others are queued for later turns.
   * The more begin together, the less each costs.
   */
  readonly perTurn?: number;
  /** Called with the time that an operation was queued. */
  readonly onTurn?: (seconds: number) => void;
}

/**
 * Decides which operations begin, and when. Operations that arrive together begin a few at a time,
 * so that a burst never fills a turn of the event loop: everything else, above all WeChat Pay's
 * notifications, is handled in between. Operations that cannot begin soon are rejected immediately.
 */
export interface Admission {
  /** Whether a new operation would wait for too long. */
  readonly isFull: () => boolean;
  /** Queues the operation. False if its turn would not come in time. */
  readonly turn: () => Promise<boolean>;
  /** Acquires a concurrency slot; false if none is free. The holder must call `end`. */
  readonly begin: () => boolean;
  readonly end: () => void;
}

interface Waiting {
  readonly since: number;
  readonly answer: (comes: boolean) => void;
}

const WAIT_MS = 100;
/**
 * Admitted operations tolerate a longer wait than newcomers before they are rejected, because they
 * have already cost work.
 */
const PATIENCE = 4;

export function createAdmission(options: AdmissionOptions): Admission {
  const { most, waitMs = WAIT_MS, perTurn = 8, onTurn } = options;
  // An admitted operation is read and checked before it begins; meanwhile others may take the slot.
  const spare = Math.floor(most / 8);
  const line: Waiting[] = [];
  const freed = countPerSpan(waitMs);
  let underWay = 0;
  let turnIsComing = false;
  let lookIsComing = false;

  const hasWaited = (waiting: Waiting | undefined, ms: number) =>
    waiting !== undefined && performance.now() - waiting.since > ms;
  const turn = () => {
    turnIsComing = false;
    for (const { since, answer } of line.splice(0, Math.min(perTurn, most - underWay))) {
      onTurn?.((performance.now() - since) / 1_000);
      answer(true);
    }
    goOn();
  };
  const dropLate = () => {
    lookIsComing = false;
    while (underWay >= most && hasWaited(line[0], PATIENCE * waitMs)) {
      line.shift()?.answer(false);
    }
    goOn();
  };
  const goOn = () => {
    if (line.length === 0) {
      return;
    }
    if (underWay < most && !turnIsComing) {
      turnIsComing = true;
      setImmediate(turn);
    } else if (underWay >= most && !lookIsComing) {
      lookIsComing = true;
      setTimeout(dropLate, waitMs / 4);
    }
  };
  // Queued operations will be served; one that arrives while they wait for slots would wait for
  // longer.
  const isFull = () =>
    line.length >= most ||
    (underWay >= most &&
      (hasWaited(line[0], waitMs) || line.length >= Math.max(perTurn, freed.before())));
  return {
    isFull,
    turn: () => {
      if (isFull()) {
        return Promise.resolve(false);
      }
      return new Promise<boolean>((answer) => {
        line.push({ since: performance.now(), answer });
        goOn();
      });
    },
    begin: () => {
      if (underWay >= most + spare) {
        return false;
      }
      underWay += 1;
      return true;
    },
    end: () => {
      underWay -= 1;
      freed.count();
      goOn();
    },
  };
}

/**
 * Counts per interval of a fixed length in ms, and returns the count of the last complete interval.
 */
function countPerSpan(spanMs: number) {
  let [span, counted, before] = [0, 0, 0];
  const goOn = () => {
    const now = Math.floor(performance.now() / spanMs);
    if (now !== span) {
      before = now === span + 1 ? counted : 0;
      counted = 0;
      span = now;
    }
  };
  return {
    count: () => {
      goOn();
      counted += 1;
    },
    before: () => {
      goOn();
      return before;
    },
  };
}

export interface UseAdmissionOptions {
  readonly endpoint: string;
  readonly admission: Admission;
}

/**
 * Rejects an operation that would wait for too long, before its body is read. Only operations are
 * queued. Stores the arrival time on the monotonic clock as `cameMs` in the server's context.
 */
export function useAdmissionQueue({
  endpoint,
  admission,
}: UseAdmissionOptions): Plugin<object, { cameMs?: number }> {
  const { body, status, headers } = overloadedResponse();
  return {
    onRequest: async ({ request, url, serverContext, endResponse, fetchAPI }) => {
      serverContext.cameMs = performance.now();
      if (url.pathname === endpoint && request.method !== 'OPTIONS' && !(await admission.turn())) {
        endResponse(new fetchAPI.Response(body, { status, headers }));
      }
    },
  };
}

/**
 * Limits concurrent operations. A slot is acquired after the body was read, so that slow clients
 * hold none, and released with the response: an open subscription holds none either. Register it
 * after every plugin that replaces the executor.
 */
export function useAdmissionSlots({ admission }: Pick<UseAdmissionOptions, 'admission'>): Plugin {
  return {
    onExecute: ({ executeFn, setExecuteFn }) => {
      const inPlace = async (args: Parameters<typeof executeFn>[0]) => {
        if (!admission.begin()) {
          return { errors: [overloaded()] };
        }
        try {
          return await executeFn(args);
        } finally {
          admission.end();
        }
      };
      setExecuteFn(inPlace);
    },
  };
}

/**
 * Rejects an operation whose caller exceeds the rate limit, before its document is parsed: a document
 * that is then refused costs a token too. Register it before every plugin that parses.
 */
export function useRateLimit(rateLimit: RateLimit): Plugin<CallerContext> {
  return {
    onParse: ({ context }) => {
      const seconds = rateLimit.admit(callerOf(context));
      if (seconds > 0) {
        throw rateLimited(seconds);
      }
    },
  };
}

function rateLimited(seconds: number): GraphQLError {
  const message = `Rate limit exceeded. Retry after ${seconds} s.`;
  return new GraphQLError(message, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds: seconds,
      http: { status: 429, headers: { 'retry-after': String(seconds) } },
    },
  });
}
