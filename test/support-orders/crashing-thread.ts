import { parentPort } from 'node:worker_threads';

/** A ledger thread that opens, and crashes at the first job. */
parentPort?.on('message', () => {
  throw new Error('crashed at a job');
});
parentPort?.postMessage({ error: null });
