import { parentPort, workerData } from 'node:worker_threads';
import { checkDataKey } from '../data-key-check.ts';
import { openSqlite } from '../database/sqlite/sqlite.ts';
import { createEncryption } from '../encryption.ts';
import type { Engine } from './engine.ts';
import { createLocalEngine } from './engine.ts';
import {
  createBatch,
  type Opened,
  type Reply,
  type Request,
  type ThreadData,
  toThreadError,
} from './protocol.ts';

/** The thread of a SQLite ledger: opens the file, then runs the jobs that are posted. */
async function main({ path, dataKey }: ThreadData, port: NonNullable<typeof parentPort>) {
  const opened = (error: Opened['error']) => port.postMessage({ error } satisfies Opened);
  let engine: Engine;
  try {
    const store = await openSqlite(path);
    const encryption = createEncryption(dataKey);
    await checkDataKey(store, encryption).catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
    engine = createLocalEngine(store, encryption);
  } catch (error) {
    opened(toThreadError(error));
    return;
  }
  const reply = createBatch<Reply>((replies) => port.postMessage(replies));
  const run = async (request: Request): Promise<unknown> => {
    switch (request.name) {
      case 'idle':
        return await engine.idle();
      case 'close':
        return await engine.close();
      default:
        return await engine.run(request.name, request.input, request.options);
    }
  };
  port.on('message', (requests: readonly Request[]) => {
    for (const request of requests) {
      const { id, name } = request;
      run(request)
        .then(
          (value) => reply({ id, value }),
          (error: unknown) => reply({ id, error: toThreadError(error) }),
        )
        .finally(() => {
          if (name === 'close') {
            // After the reply, which is posted at the end of this turn.
            setImmediate(() => port.close());
          }
        });
    }
  });
  opened(null);
}

if (parentPort !== null) {
  await main(workerData, parentPort);
}
