import { setTimeout as sleep } from 'node:timers/promises';
import { readLoadResult, type Upstream } from './background-load.ts';
import type { RunningServer } from './candidates.ts';
import type { Numbers } from './load/lanes.ts';
import { numberAt } from './process/answer.ts';
import type { Child } from './process/child.ts';
import { cpuTime, rssMb } from './process/usage.ts';
import { type Operation, requestText } from './work/requests.ts';

/** What is asked of a server, and for how long. */
export interface Task {
  readonly operation: Operation;
  readonly numbers: Numbers;
  readonly concurrency: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** What one window of measuring gave. */
export interface Sample {
  readonly perSecond: number;
  /** CPU µs an operation: of the whole process. */
  readonly cpuUs: number;
  /** Of that, what other threads than the main one took: signing, the garbage collector's helpers. */
  readonly otherThreadsUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopDelayP99Ms: number;
  readonly rssMb: number;
  /** Calls that reached WeChat Pay, for each operation. */
  readonly upstreamCalls: number;
  /** The share of requests that were rejected with a 503. */
  readonly refused: number;
}

export const SAMPLE_FIELDS = [
  'perSecond',
  'cpuUs',
  'otherThreadsUs',
  'p50Ms',
  'p99Ms',
  'loopDelayP99Ms',
  'rssMb',
  'upstreamCalls',
  'refused',
] as const satisfies readonly (keyof Sample)[];

export interface BackgroundLoad {
  readonly load: Child;
  readonly upstream: Upstream;
}

/**
 * Loads a server for a while, and then for a while more while it looks.
 * @param during what else to do in the window that is measured
 */
export async function measure(
  server: RunningServer,
  { load, upstream }: BackgroundLoad,
  task: Task,
  during: { readonly from?: () => Promise<unknown>; readonly to?: () => Promise<unknown> } = {},
): Promise<Sample> {
  const { operation, numbers, concurrency, warmSeconds, seconds } = task;
  const text = requestText(server.candidate.style, operation, server.headers);
  const job = { port: server.port, ...text, numbers, concurrency };
  await load.ask({ ask: 'start', job });
  await sleep(warmSeconds * 1000);
  // A server accepts new connections one by one: the last must not wait for that in the window.
  await until(load, 'answered', concurrency);
  await during.from?.();
  await server.ask({ ask: 'reset' });
  const [{ calls: callsBefore }] = await Promise.all([
    upstream.counts(),
    load.ask({ ask: 'mark' }),
  ]);
  const before = cpuTime(server.pid);
  await sleep(seconds * 1000);
  // Longer where hardly anything was answered.
  await until(load, 'done', concurrency);
  const after = cpuTime(server.pid);
  const [{ calls: callsAfter }, stopped] = await Promise.all([
    upstream.counts(),
    load.ask({ ask: 'stop' }),
  ]);
  const result = readLoadResult(stopped);
  const delay = await server.ask({ ask: 'delay' });
  await during.to?.();
  if (result.failed > 0 || result.done < 1) {
    const { title } = server.candidate;
    throw new Error(`${title}: ${result.failed} of ${result.done} failed: ${result.failure}`);
  }
  const all = (after.all - before.all) / result.done;
  return {
    perSecond: result.done / result.seconds,
    cpuUs: all,
    otherThreadsUs: all - (after.main - before.main) / result.done,
    p50Ms: result.p50,
    p99Ms: result.p99,
    loopDelayP99Ms: numberAt(delay, 'p99'),
    rssMb: rssMb(server.pid),
    upstreamCalls: (callsAfter - callsBefore) / result.done,
    refused: result.refused / (result.done + result.refused),
  };
}

const LONGEST_MS = 30_000;
const LOOK_EACH_MS = 250;

/** Until the load generator counts as many, or for so long. */
async function until(load: Child, ask: 'answered' | 'done', count: number): Promise<void> {
  const late = performance.now() + LONGEST_MS;
  while (performance.now() < late && Number(await load.ask({ ask })) < count) {
    await sleep(LOOK_EACH_MS);
  }
}
