import type { Worker } from 'node:worker_threads';

/** Loaded into a server by --import: ends the ledger thread, at the moment of the test's choosing. */
process.on('worker', (worker: Worker) => {
  process.once('SIGUSR2', () => void worker.terminate());
});
