import type { Database } from './databases.ts';
import { createPoster, type Poster } from './post.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type Server, startServer } from './server.ts';
import { makeWechatKeys, type WechatKeys } from './wechat-keys.ts';
import { startWechatStub } from './wechat-stub.ts';
import { workdir } from './workdir.ts';

/** What several experiments share; started when first asked for. */
export interface Stage extends AsyncDisposable {
  readonly postgres: () => Promise<Postgres>;
  /** Two instances on one PostgreSQL, as behind a load balancer. */
  readonly pair: () => Promise<Pair>;
}

export interface Pair {
  readonly keys: WechatKeys;
  readonly database: Database;
  readonly servers: readonly [Server, Server];
  readonly posters: readonly [Poster, Poster];
}

const CONNECTIONS = 500;

export function createStage(): Stage {
  const stack = new AsyncDisposableStack();
  const postgres = once(async () => stack.use(await startPostgres()));
  const pair = once(async () => {
    const cluster = await postgres();
    return stack.use(await startPair(await cluster.create('pair')));
  });
  return { postgres, pair, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export async function startPair(database: Database): Promise<Pair & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const keys = makeWechatKeys();
  const directory = stack.use(await workdir());
  const stub = stack.use(await startWechatStub(keys));
  const variables = {
    ...keys.variables,
    WECHAT_BASE_URL: stub.url,
    DATABASE_URL: database.url,
  };
  const start = async () => stack.use(await startServer(directory.path, variables));
  const servers = await Promise.all([start(), start()]);
  const [one, other] = servers;
  const posters = [
    stack.use(createPoster(one.url, CONNECTIONS)),
    stack.use(createPoster(other.url, CONNECTIONS)),
  ] as const;
  const kept = stack.move();
  return { keys, database, servers, posters, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
