import { startCluster } from '../../scripts/postgres-cluster.ts';
import { type Database, postgresDatabase } from './databases.ts';
import type { Watch } from './watch.ts';
import { lookThrough } from './workdir.ts';

/** A separate PostgreSQL on a free port, with durable commits. */
export interface Postgres extends AsyncDisposable {
  /** A new, empty database. */
  readonly create: (name: string) => Promise<Database>;
  readonly stop: () => Promise<void>;
  /** Restarts it at the same place with the same data. */
  readonly start: () => Promise<void>;
}

export async function startPostgres(watch: Watch): Promise<Postgres> {
  const { directory, create, stop, start, remove } = await startCluster();
  return {
    create: async (name) => postgresDatabase(await create(name)),
    stop,
    start,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await lookThrough(watch, directory);
      await remove();
    },
  };
}
