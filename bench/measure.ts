import { setTimeout as sleep } from 'node:timers/promises';
import { readLoadResult, type Upstream } from './background-load.ts';
import type { RunningServer } from './candidates.ts';
import type { Numbers } from './load/lanes.ts';
import { numberAt } from './process/answer.ts';
import type { Child } from './process/child.ts';
import { cpuTime, rssMb } from './process/usage.ts';
import { type Operation, requestText } from './work/requests.ts';

/** The load of one measurement, and its duration. */
export interface Task {
  readonly operation: Operation;
  readonly numbers: Numbers;
  readonly concurrency: number;
  /** Of an open loop. */
  readonly perSecond?: number | undefined;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** The results of one measuring window. */
export interface Sample {
  readonly perSecond: number;
  /** CPU µs an operation: of the whole process. */
  readonly cpuUs: number;
  /** The part of threads other than the main one: signing, helpers of the garbage collector. */
  readonly otherThreadsUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
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
  'p999Ms',
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
 * Loads a server to warm it up, and then while it is measured.
 * @param during what else to do in the window that is measured
 */
export async function measure(
  server: RunningServer,
  { load, upstream }: BackgroundLoad,
  task: Task,
  during: { readonly from?: () => Promise<unknown>; readonly to?: () => Promise<unknown> } = {},
): Promise<Sample> {
  const { operation, numbers, concurrency, perSecond, warmSeconds, seconds } = task;
  const text = requestText(server.candidate.style, operation, server.headers);
  const job = { port: server.port, ...text, numbers, concurrency, perSecond };
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
  // Longer if there were hardly any responses.
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
    p999Ms: result.p999,
    loopDelayP99Ms: numberAt(delay, 'p99'),
    rssMb: rssMb(server.pid),
    upstreamCalls: (callsAfter - callsBefore) / result.done,
    refused: result.refused / (result.done + result.refused),
  };
}

const LONGEST_MS = 30_000;
const LOOK_EACH_MS = 250;

/** Resolves when the load generator has counted this many, or at the time limit. */
async function until(load: Child, ask: 'answered' | 'done', count: number): Promise<void> {
  const late = performance.now() + LONGEST_MS;
  while (performance.now() < late && Number(await load.ask({ ask })) < count) {
    await sleep(LOOK_EACH_MS);
  }
}
