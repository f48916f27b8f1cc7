import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { at } from './json.ts';
import type { Server } from './server.ts';

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));

/** Options of Node with which {@link probe} works. */
export const PROBED: readonly string[] = ['--expose-gc', '--import', PROBE];

export interface Held {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly fds: number;
}

/** The memory of the server after a garbage collection. */
export async function probe(server: Server): Promise<Held> {
  const logged = server.logged('probe');
  server.signal('SIGUSR2');
  const entry = await logged;
  const mb = (name: string) => Number(at(entry, name)) / 2 ** 20;
  return { rssMb: mb('rss'), heapMb: mb('heapUsed'), fds: Number(at(entry, 'fds')) };
}

const REST_EACH_MS = 2_000;
const LONGEST_REST_MS = 60_000;

/**
 * Its memory after its clients have disconnected: when it no longer closes connections.
 * @param looks how many equal measurements in a row, 2 s apart
 */
export async function atRest(server: Server, looks: number): Promise<Held> {
  const late = performance.now() + LONGEST_REST_MS;
  let last = await probe(server);
  for (let same = 0; same < looks && performance.now() < late; ) {
    await sleep(REST_EACH_MS);
    const now = await probe(server);
    same = now.fds === last.fds ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** The resident memory of a process, in MB. */
export async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
