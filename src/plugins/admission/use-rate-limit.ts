import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CallerContext, callerOf } from '../../auth/caller-of.ts';
import type { RateLimit } from '../../auth/rate-limit.ts';

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
