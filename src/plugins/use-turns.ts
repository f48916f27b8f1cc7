import type { Plugin } from 'graphql-yoga';

export interface TurnsOptions {
  readonly endpoint: string;
  /** How many operations begin in one turn of the event loop; the others wait for the next ones. */
  readonly perTurn?: number;
}

/**
 * Operations that arrive together begin a few at a time, so that a crowd of them never fills a turn
 * of the event loop: what is not GraphQL, the notices of WeChat Pay above all, is seen to in between.
 */
export function useTurns({ endpoint, perTurn = 2 }: TurnsOptions): Plugin {
  const waiting: (() => void)[] = [];
  const begin = () => {
    for (const go of waiting.splice(0, perTurn)) {
      go();
    }
    if (waiting.length > 0) {
      setImmediate(begin);
    }
  };
  return {
    onRequest: async ({ url }) => {
      if (url.pathname === endpoint) {
        await new Promise<void>((resolve) => {
          if (waiting.push(resolve) === 1) {
            setImmediate(begin);
          }
        });
      }
    },
  };
}
