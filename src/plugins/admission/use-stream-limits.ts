import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CallerContext, callerOf } from '../../auth/caller.ts';
import { createOpenStreams, type StreamLimits } from '../../auth/rate-limit.ts';

const STREAM_RETRY_S = 5;

/** The signal is aborted when the client has disconnected. */
type StreamContext = CallerContext & { readonly signal?: AbortSignal | undefined };

/**
 * Limits open subscriptions: each is counted from before it begins until it has ended, over every
 * transport. Register it after every plugin that may refuse an operation.
 */
export function useStreamLimits(limits: StreamLimits): Plugin<StreamContext> {
  const streams = createOpenStreams(limits);
  return {
    onSubscribe: ({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) => {
      const place = streams.open(callerOf(args.contextValue).id);
      if (typeof place === 'string') {
        setResultAndStopExecution({ errors: [tooManyStreams(place, limits)] });
        return undefined;
      }
      let isOpen = true;
      const close = () => {
        if (isOpen) {
          isOpen = false;
          place();
        }
      };
      setSubscribeFn(async (given: ExecutionArgs) => {
        try {
          const result: ExecutionResult | AsyncIterableIterator<unknown> = await subscribeFn(given);
          if (!(Symbol.asyncIterator in result)) {
            close();
            return result;
          }
          if (args.contextValue.signal?.aborted) {
            // Over HTTP nobody would read it, and so nobody would end it.
            close();
            await result.return?.();
            return { errors: [disconnected()] };
          }
          return result;
        } catch (error) {
          close();
          throw error;
        }
      });
      return { onSubscribeResult: () => ({ onEnd: close }) };
    },
  };
}

/** For the metrics: its client has gone. */
function disconnected(): GraphQLError {
  return new GraphQLError('The client disconnected before its subscription began.', {
    extensions: { code: 'CLIENT_DISCONNECTED' },
  });
}

function tooManyStreams(whose: 'all' | 'caller', { perCaller }: StreamLimits): GraphQLError {
  const [message, status] =
    whose === 'caller'
      ? [`Too many open subscriptions of this caller: at most ${perCaller}. Close one first.`, 429]
      : ['Too many open subscriptions on this server. Retry later.', 503];
  return new GraphQLError(message, {
    extensions: {
      code: 'TOO_MANY_STREAMS',
      retryAfterSeconds: STREAM_RETRY_S,
      http: { status, headers: { 'retry-after': String(STREAM_RETRY_S) } },
    },
  });
}
