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
 * Turns away, before its body is read, what could not be served soon. Nothing else has to wait for a
 * turn. When a request came stands as `cameMs`, on the monotonic clock, in the server's context.
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
 * Lets only so many operations be under way. A place is taken when the body is there, so that slow
 * senders hold none, and given back with the answer: a subscription that is open holds none either.
 * To be listed after every plugin that replaces the executor.
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

/** Refuses an operation as a whole, before it begins, where its caller has made too many calls. */
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
  const message = `Too many calls. Nothing was done: repeat this one after ${seconds} s.`;
  return new GraphQLError(message, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterSeconds: seconds,
      http: { status: 429, headers: { 'retry-after': String(seconds) } },
    },
  });
}
