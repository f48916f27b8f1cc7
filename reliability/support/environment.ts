import type { ChildProcess } from 'node:child_process';
import type { Database } from './databases.ts';
import { createPoster, type Poster } from './post.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type Server, startServer } from './server.ts';
import { startWatch, type Watch } from './watch.ts';
import { makeWechatKeys, type WechatKeys } from './wechat-keys.ts';
import { startWechatStub } from './wechat-stub.ts';
import { type Workdir, workdir } from './workdir.ts';

/** What several experiments share; started on first use. */
export interface Environment extends AsyncDisposable {
  readonly watch: Watch;
  /** The directory of the servers of one experiment. */
  readonly workdir: () => Promise<Workdir>;
  readonly postgres: () => Promise<Postgres>;
  /** A PostgreSQL that the experiment may stop and start. */
  readonly ownPostgres: () => Promise<Postgres>;
  /** Immediately, for Ctrl+C. */
  readonly killAll: () => void;
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

export function createEnvironment(): Environment {
  const stack = new AsyncDisposableStack();
  const watch = startWatch();
  const processes = new Set<ChildProcess>();
  const newWorkdir = () => workdir(watch, processes);
  const postgres = once(async () => stack.use(await startPostgres(watch)));
  const pair = once(async () => {
    const cluster = await postgres();
    return stack.use(await startPair(await newWorkdir(), await cluster.create('pair')));
  });
  return {
    watch,
    workdir: newWorkdir,
    postgres,
    ownPostgres: () => startPostgres(watch),
    pair,
    killAll: () => {
      for (const child of processes) {
        child.kill('SIGKILL');
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export async function startPair(
  place: Workdir,
  database: Database,
): Promise<Pair & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const keys = makeWechatKeys();
  const directory = stack.use(place);
  const stub = stack.use(await startWechatStub(keys));
  const variables = {
    ...keys.variables,
    WECHAT_BASE_URL: stub.url,
    DATABASE_URL: database.url,
  };
  const start = async () => stack.use(await startServer(directory, variables));
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
