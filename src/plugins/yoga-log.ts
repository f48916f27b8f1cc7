import { GraphQLError } from 'graphql';
import type { YogaLogger } from 'graphql-yoga';

/** What the application logs to. */
export type AppLog = Readonly<
  Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

/** Yoga logs what it masks; log.ts redacts it. Its debug lines tell nothing that ours don't. */
export function yogaLog(log: AppLog): YogaLogger {
  const at = (level: 'info' | 'warn' | 'error') => (first: unknown) => {
    if (isHangUp(first)) {
      log.info({}, 'the caller hung up before the answer');
    } else if (first instanceof Error) {
      log[level]({ err: first }, 'unexpected error');
    } else {
      log[level]({}, String(first));
    }
  };
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Nothing else aborts an operation: what takes too long is a time-out. */
function isHangUp(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    error.cause instanceof Error &&
    error.cause.name === 'AbortError'
  );
}
