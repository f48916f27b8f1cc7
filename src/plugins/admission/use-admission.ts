import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CallerContext, callerOf } from '../../auth/caller.ts';
import type { RateLimit } from '../../auth/rate-limit.ts';
import { overloaded, overloadedResponse } from '../../http/overloaded.ts';
import type { Admission } from './admission.ts';

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
      if (url.pathname === endpoint && request.method === 'POST' && !(await admission.turn())) {
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

/** Rejects a whole operation, before it begins, if its caller exceeds the rate limit. */
export function useRateLimit(rateLimit: RateLimit): Plugin<CallerContext> {
  const refusal = (context: CallerContext) => {
    const seconds = rateLimit.admit(callerOf(context).id);
    return seconds === 0 ? undefined : { errors: [rateLimited(seconds)] };
  };
  return {
    onExecute: ({ args, setResultAndStopExecution }) => {
      const refused = refusal(args.contextValue);
      if (refused) {
        setResultAndStopExecution(refused);
      }
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const refused = refusal(args.contextValue);
      if (refused) {
        setResultAndStopExecution(refused);
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
