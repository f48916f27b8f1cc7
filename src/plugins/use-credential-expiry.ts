import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { onExpiry } from '../auth/credential-expiry.ts';
import type { GraphQLContext } from '../schema/context.ts';

/**
 * A stream ends when the credential of its caller expires: one error that says so, then completion.
 */
export function useCredentialExpiry(): Plugin<Pick<GraphQLContext, 'caller'>> {
  return {
    onSubscribe: ({ args }) => ({
      onSubscribeResult: ({ result, setResult }) => {
        const { caller } = args.contextValue;
        const ends = caller.expiresAt !== null || caller.revoked !== undefined;
        if (ends && Symbol.asyncIterator in result) {
          setResult(until((end) => onExpiry(caller, end), result));
        }
      },
    }),
  };
}

/** The error for a caller whose credential has expired during the stream. */
export function credentialEnded(): GraphQLError {
  return new GraphQLError('The credential has expired. Reconnect with a new one.', {
    extensions: { code: 'UNAUTHENTICATED' },
  });
}

/**
 * The expiry ends the source, and its end is reported. No promise that lives as long as the stream is
 * raced with each event: it would keep every one of them.
 * @param begin starts to wait for the expiry, and returns how to stop waiting
 */
function until<T extends ExecutionResult>(
  begin: (end: () => void) => () => void,
  results: AsyncIterable<T>,
): AsyncGenerator<T | ExecutionResult> {
  const source = results[Symbol.asyncIterator]();
  let state: 'open' | 'expired' | 'over' = 'open';
  const stop = begin(() => {
    state = 'expired';
    void source.return?.();
  });
  const finish = async () => {
    state = 'over';
    stop();
    await source.return?.();
    return { done: true as const, value: undefined };
  };
  return {
    next: async () => {
      const result = await source.next();
      if (!result.done) {
        return result;
      }
      const hasExpired = state === 'expired';
      const end = await finish();
      return hasExpired ? { done: false, value: { errors: [credentialEnded()] } } : end;
    },
    return: finish,
    throw: async (error: unknown) => {
      await finish();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await finish();
    },
  };
}
