import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { onExpiry } from '../auth/credential-expiry.ts';
import type { GraphQLContext } from '../schema/context.ts';

/** A stream ends with its caller's credential: one error that says so, then its completion. */
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

/** What a caller is told whose credential has ended meanwhile. */
export function credentialEnded(): GraphQLError {
  return new GraphQLError('The credential has ended. Connect again with a new one.', {
    extensions: { code: 'UNAUTHENTICATED' },
  });
}

/** @param begin begins to wait for the end, and gives how to stop waiting */
function until<T extends ExecutionResult>(
  begin: (end: () => void) => () => void,
  results: AsyncIterable<T>,
): AsyncGenerator<T | ExecutionResult> {
  const source = results[Symbol.asyncIterator]();
  const ended = Promise.withResolvers<IteratorResult<ExecutionResult>>();
  const goodbye: ExecutionResult = { errors: [credentialEnded()] };
  let over = false;
  const stop = begin(() => ended.resolve({ done: false, value: goodbye }));
  const finish = async () => {
    over = true;
    stop();
    await source.return?.();
    return { done: true as const, value: undefined };
  };
  return {
    next: async () => {
      if (over) {
        return { done: true, value: undefined };
      }
      const result = await Promise.race([source.next(), ended.promise]);
      if (result.done || result.value === goodbye) {
        await finish();
      }
      return result;
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
