import { createYoga, type YogaLogger } from 'graphql-yoga';
import type { Authenticator } from './access/authenticator.ts';
import type { Caller, Scope } from './access/caller.ts';
import { schemaReader } from './plugins/schema-reader.ts';
import { useAuthentication } from './plugins/use-authentication.ts';
import { useClosingRefusals } from './plugins/use-closing-refusals.ts';
import { useEndingStreams } from './plugins/use-ending-streams.ts';
import { useHealth } from './plugins/use-health.ts';
import { useJsonOnly } from './plugins/use-json-only.ts';
import { useNotify } from './plugins/use-notify.ts';
import { useOfflineGraphiql } from './plugins/use-offline-graphiql.ts';
import { useSafeErrors } from './plugins/use-safe-errors.ts';
import { useSchemaReaders } from './plugins/use-schema-readers.ts';
import { useTokenLimit } from './plugins/use-token-limit.ts';
import { useTurns } from './plugins/use-turns.ts';
import {
  createContext,
  type GraphQLContext,
  type ServerResources,
  schema,
} from './schema/index.ts';

export interface AppResources extends ServerResources {
  readonly log: AppLog;
  /** Says who calls. */
  readonly authenticator: Authenticator;
  /** Whether new requests are welcome: the answer of `/ready`. */
  readonly isReady: () => boolean | Promise<boolean>;
  /** Makes the GraphiQL page; undefined where there is to be none. */
  readonly graphiql: (() => Promise<string>) | undefined;
  /** Left out: everybody may open the page. */
  readonly graphiqlFor?: 'schema-readers';
  /** Origins whose pages may call; none where empty. */
  readonly corsOrigins: readonly string[];
}

type AppLog = Readonly<
  Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

export const ENDPOINT = '/graphql';
const MAX_BODY_BYTES = 64 * 1024;
const PATH_SCOPES = new Map<string, Scope>([['/metrics', 'metrics:read']]);

/** The whole application over the Fetch API: no port, no environment. */
export function createApp(resources: AppResources) {
  const { log, isReady, graphiql, graphiqlFor, corsOrigins, ledger, wechat, authenticator } =
    resources;
  const yoga = createYoga<ServerContext, GraphQLContext>({
    schema,
    context: ({ request, caller }) =>
      createContext(resources, { caller: known(caller), signal: request?.signal }),
    graphqlEndpoint: ENDPOINT,
    // Yoga's own would answer to every URL that ends with this: none ends with a space.
    healthCheckEndpoint: ' ',
    cors: corsOrigins.length === 0 ? false : { origin: [...corsOrigins], credentials: false },
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    maskedErrors: { isDev: false },
    logging: yogaLog(log),
    plugins: [
      useClosingRefusals(),
      useHealth({ isReady }),
      useNotify({ wechat, ledger }),
      ...(graphiql
        ? [
            useOfflineGraphiql({
              endpoint: ENDPOINT,
              render: graphiql,
              ...(graphiqlFor && { mayOpen: schemaReader(authenticator) }),
            }),
          ]
        : []),
      useAuthentication({ authenticator, scopes: PATH_SCOPES }),
      useJsonOnly({ endpoint: ENDPOINT }),
      useTurns({ endpoint: ENDPOINT }),
      useTokenLimit(),
      useSchemaReaders(),
      useEndingStreams(),
      useSafeErrors(),
    ],
  });
  return {
    fetch: (request: Request) => yoga.fetch(request),
    requestListener: yoga.requestListener,
    authenticate: authenticator.authenticate,
    /** For other transports: parse, validate, execute and subscribe with every plugin. */
    enveloped: yoga.getEnveloped,
    dispose: async () => {
      await yoga.dispose();
    },
  };
}

export type App = ReturnType<typeof createApp>;

/** Whoever got past the authentication; another transport names the caller itself. */
interface ServerContext {
  readonly caller?: Caller;
}

function known(caller: Caller | undefined): Caller {
  if (caller === undefined) {
    throw new Error('Nobody has said who calls.');
  }
  return caller;
}

/** Yoga logs what it masks; log.ts redacts it. Its debug lines tell nothing that ours don't. */
function yogaLog(log: AppLog): YogaLogger {
  const at = (level: 'info' | 'warn' | 'error') => (first: unknown) => {
    const isError = first instanceof Error;
    log[level](isError ? { err: first } : {}, isError ? 'unexpected error' : String(first));
  };
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}
