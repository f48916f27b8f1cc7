import { createYoga, type YogaLogger } from 'graphql-yoga';
import { ANYONE } from './access/caller.ts';
import type { QueryObserver } from './orders/last-seen.ts';
import { createSharedQueries } from './orders/shared-queries.ts';
import { useBodyLimit } from './plugins/use-body-limit.ts';
import { useClosingRefusals } from './plugins/use-closing-refusals.ts';
import { useCompiler } from './plugins/use-compiler.ts';
import { useHealth } from './plugins/use-health.ts';
import { useJsonOnly } from './plugins/use-json-only.ts';
import { useNotify } from './plugins/use-notify.ts';
import { useOfflineGraphiql } from './plugins/use-offline-graphiql.ts';
import { useSafeErrors } from './plugins/use-safe-errors.ts';
import { useTokenLimit } from './plugins/use-token-limit.ts';
import { useTurns } from './plugins/use-turns.ts';
import {
  createContext,
  type GraphQLContext,
  type ServerResources,
  schema,
} from './schema/index.ts';

export interface AppResources extends Omit<ServerResources, 'sharedQueries'> {
  readonly queries: QueryObserver;
  /** How often an operation comes before it is compiled; Infinity: never. */
  readonly compileAfter?: number | undefined;
  /** Ms that the answer to a query is given to other callers too; 0 where left out: only while it is under way. */
  readonly orderCacheMs?: number | undefined;
  readonly log: AppLog;
  /** Whether new requests are welcome: the answer of `/ready`. */
  readonly isReady: () => boolean | Promise<boolean>;
  /** Makes the GraphiQL page; undefined where there is to be none. */
  readonly graphiql: (() => Promise<string>) | undefined;
  /** Origins whose pages may call; none where empty. */
  readonly corsOrigins: readonly string[];
}

type AppLog = Readonly<
  Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

export const ENDPOINT = '/graphql';
const MAX_BODY_BYTES = 64 * 1024;

/** The whole application over the Fetch API: no port, no environment. */
export function createApp(resources: AppResources) {
  const { log, isReady, graphiql, corsOrigins, ledger, wechat, queries, orderCacheMs } = resources;
  const { bus } = ledger;
  const sharedQueries = createSharedQueries({ wechat, queries, bus, keepMs: orderCacheMs ?? 0 });
  const lasting = { ...resources, sharedQueries };
  const yoga = createYoga<object, GraphQLContext>({
    schema,
    context: ({ request }) => createContext(lasting, { caller: ANYONE, signal: request?.signal }),
    graphqlEndpoint: ENDPOINT,
    // Yoga's own would answer to every URL that ends with this: none ends with a space.
    healthCheckEndpoint: ' ',
    cors: corsOrigins.length === 0 ? false : { origin: [...corsOrigins], credentials: false },
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    // useBodyLimit has the same, at no cost.
    maxRequestBodySize: false,
    maskedErrors: { isDev: false },
    logging: yogaLog(log),
    plugins: [
      useClosingRefusals(),
      useHealth({ isReady }),
      useNotify({ wechat, ledger }),
      ...(graphiql ? [useOfflineGraphiql({ endpoint: ENDPOINT, render: graphiql })] : []),
      useJsonOnly({ endpoint: ENDPOINT }),
      useTurns({ endpoint: ENDPOINT }),
      useTokenLimit(),
      useSafeErrors(),
      useBodyLimit({ maxBytes: MAX_BODY_BYTES }),
      useCompiler({ afterHits: resources.compileAfter }),
    ],
  });
  // Yoga binds it anew each time that it is asked for.
  const { requestListener } = yoga;
  return {
    fetch: (request: Request) => yoga.fetch(request),
    requestListener,
    /** For other transports: parse, validate, execute and subscribe with every plugin. */
    enveloped: yoga.getEnveloped,
    dispose: async () => {
      await yoga.dispose();
      sharedQueries.close();
    },
  };
}

export type App = ReturnType<typeof createApp>;

/** Yoga logs what it masks; log.ts redacts it. Its debug lines tell nothing that ours don't. */
function yogaLog(log: AppLog): YogaLogger {
  const at = (level: 'info' | 'warn' | 'error') => (first: unknown) => {
    const isError = first instanceof Error;
    log[level](isError ? { err: first } : {}, isError ? 'unexpected error' : String(first));
  };
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}
