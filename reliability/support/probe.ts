import { readdirSync } from 'node:fs';

/** Loaded into a server by --import: on SIGUSR2 reports its memory after a garbage collection. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const fds = readdirSync('/proc/self/fd').length;
  process.stdout.write(`${JSON.stringify({ msg: 'probe', rss, heapUsed, external, fds })}\n`);
});
