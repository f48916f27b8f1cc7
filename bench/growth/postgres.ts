import { startCluster } from '../../scripts/postgres-cluster.ts';

export interface Postgres extends AsyncDisposable {
  readonly url: string;
}

/** A PostgreSQL of its own with one empty database. */
export async function startPostgres(): Promise<Postgres> {
  const { create, stop, remove } = await startCluster();
  return {
    url: await create('payafter'),
    [Symbol.asyncDispose]: async () => {
      await stop();
      await remove();
    },
  };
}
