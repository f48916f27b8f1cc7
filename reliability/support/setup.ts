import { askedOrders } from './asked-query.ts';
import { type Database, sqliteDatabase } from './databases.ts';
import type { Environment } from './environment.ts';
import { createPoster, type Poster } from './post.ts';
import { type Server, type ServerOptions, startServer, type Variables } from './server.ts';
import { makeWechatKeys, type WechatKeys } from './wechat-keys.ts';
import { startWechatStub, type WechatStub } from './wechat-stub.ts';
import type { Workdir } from './workdir.ts';

/** One server on SQLite with a stub of WeChat Pay, and its callers. */
export interface Setup extends AsyncDisposable {
  readonly directory: Workdir;
  readonly keys: WechatKeys;
  readonly stub: WechatStub;
  readonly database: Database;
  readonly server: Server;
  readonly poster: Poster;
}

export interface SetupOptions extends ServerOptions {
  readonly connections?: number;
  /** The path of the database in the directory of the server. */
  readonly file?: string;
  readonly variables?: Variables;
  /** Prepares the directory before the server starts. */
  readonly prepare?: (directory: Workdir) => Promise<void>;
}

/** The stub has this many paid orders; `ASKED` is the first. */
const MOST_ASKED = 1_000;

export async function setUp(environment: Environment, options: SetupOptions = {}): Promise<Setup> {
  const { connections = 8, file = 'ledger.db', variables, prepare, ...serverOptions } = options;
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await environment.workdir());
  await prepare?.(directory);
  const keys = makeWechatKeys();
  const stub = stack.use(await startWechatStub(keys));
  for (const number of askedOrders(MOST_ASKED)) {
    stub.states.set(number, 'USER_PAID');
  }
  const database = sqliteDatabase(`${directory.path}/${file}`);
  const given = { WECHAT_BASE_URL: stub.url, DATABASE_URL: database.url, ...variables };
  const server = stack.use(
    await startServer(directory, { ...keys.variables, ...given }, serverOptions),
  );
  const poster = stack.use(createPoster(server.url, connections));
  const kept = stack.move();
  return {
    ...{ directory, keys, stub, database, server, poster },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
