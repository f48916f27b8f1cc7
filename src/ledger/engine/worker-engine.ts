import { Worker } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import {
  createBatch,
  fromThreadError,
  type Opened,
  type Reply,
  type Request,
  type ThreadData,
} from './protocol.ts';

/** The thread of the ledger ended by itself: the process has to end too. */
export class LedgerCrashedError extends Error {
  override readonly name = 'LedgerCrashedError';

  constructor(cause: unknown) {
    super('The ledger thread crashed.', { cause });
  }
}

export interface WorkerEngineOptions extends ThreadData {
  /** Called once if the thread ends by itself, after every pending job was rejected. */
  readonly onCrash: (error: LedgerCrashedError) => void;
  /** The module that the thread runs. */
  readonly thread?: URL;
}

/** Of this file's kind: TypeScript in a clone, JavaScript in the package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const THREAD = new URL(`./thread${EXTENSION}`, import.meta.url);

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What remains of a request before it has its id. */
type Unnumbered = Request extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

/**
 * Runs the jobs of a SQLite ledger in a thread of its own: no commit, and no lock of another process,
 * keeps this thread from its requests.
 * @throws NewerSchemaError, WrongDataKeyError, or what SQLite throws
 */
export async function startWorkerEngine({
  path,
  dataKey,
  onCrash,
  thread = THREAD,
}: WorkerEngineOptions): Promise<Engine> {
  // A view is cloned with all of its buffer.
  const data: ThreadData = { path, dataKey: new Uint8Array(dataKey) };
  // Modules that this process preloads are not loaded in the thread.
  const worker = new Worker(thread, { workerData: data, execArgv: [], name: 'ledger' });
  const pending = new Map<number, Pending>();
  let last = 0;
  let closing: Promise<void> | undefined;
  let crash: LedgerCrashedError | undefined;

  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const post = createBatch<Request>((requests) => {
    try {
      worker.postMessage(requests);
    } catch {
      // One holds what no clone can hold: it must not fail the others.
      for (const request of requests) {
        postAlone(request);
      }
    }
  });
  const postAlone = (request: Request) => {
    try {
      worker.postMessage([request]);
    } catch (error) {
      pending.get(request.id)?.reject(new TypeError('A job cannot be cloned.', { cause: error }));
      pending.delete(request.id);
    }
  };
  const ask = (request: Unnumbered): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (crash !== undefined) {
        reject(crash);
        return;
      }
      last += 1;
      pending.set(last, { resolve, reject });
      post({ ...request, id: last });
    });
  const crashed = (cause: unknown) => {
    if (crash === undefined && !(closing !== undefined && pending.size === 0)) {
      crash = new LedgerCrashedError(cause);
      for (const { reject } of pending.values()) {
        reject(crash);
      }
      pending.clear();
      onCrash(crash);
    }
  };
  const hear = (replies: readonly Reply[]) => {
    for (const reply of replies) {
      const job = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) {
        job?.reject(fromThreadError(reply.error));
      } else {
        job?.resolve(reply.value);
      }
    }
  };

  await opening(worker);
  worker.on('message', hear);
  worker.on('error', crashed);
  worker.on('exit', (code) => crashed(new Error(`It exited with code ${code}.`)));
  return {
    run: (name, input, options) =>
      closing === undefined
        ? ask({ name, input, options })
        : Promise.reject(new Error('The ledger is closed.')),
    idle: async () => {
      await ask({ name: 'idle' });
    },
    onNotify: () => () => {},
    close: () => {
      closing ??= ask({ name: 'close' }).then(
        () => exited,
        () => exited,
      );
      return closing;
    },
  };
}

function opening(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => reject(error);
    const ended = () => reject(new Error('The ledger thread ended before the database was open.'));
    worker.once('error', failed);
    worker.once('exit', ended);
    worker.once('message', ({ error }: Opened) => {
      worker.off('error', failed);
      worker.off('exit', ended);
      if (error === null) {
        resolve();
      } else {
        void worker.terminate().then(() => reject(fromThreadError(error)));
      }
    });
  });
}
