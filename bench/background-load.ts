import { fileURLToPath } from 'node:url';
import { fieldAt, numberAt, textAt } from './process/answer.ts';
import { type Child, type Cores, startChild } from './process/child.ts';
import type { Merchant } from './work/merchant.ts';

/** WeChat Pay, in its own process. */
export interface Upstream extends Child {
  readonly url: string;
  readonly delay: (ms: number) => Promise<unknown>;
  readonly counts: () => Promise<UpstreamCounts>;
}

export interface UpstreamCounts {
  readonly calls: number;
  readonly inspected: number;
  /** Requests that WeChat Pay would have refused. */
  readonly bad: number;
  readonly faults: readonly string[];
}

export async function startUpstream(merchant: Merchant, cores: Cores): Promise<Upstream> {
  const child = await startChild({
    name: 'The upstream',
    entry: pathOf('./upstream/main.ts'),
    env: merchant.upstream,
    cores,
    ready: (line) => /^upstream (http:\S+)/.exec(line)?.[1],
  });
  return {
    ...child,
    delay: (ms) => child.ask({ ask: 'delay', ms }),
    counts: async () => {
      const counts = await child.ask({ ask: 'counts' });
      const faults = fieldAt(counts, 'faults');
      return {
        calls: numberAt(counts, 'calls'),
        inspected: numberAt(counts, 'inspected'),
        bad: numberAt(counts, 'bad'),
        faults: Array.isArray(faults) ? faults.map(String) : [],
      };
    },
  };
}

/** The load generator, in its own process. */
export async function startLoad(cores: Cores): Promise<Child> {
  return await startChild({
    name: 'The load generator',
    entry: pathOf('./load/main.ts'),
    cores,
    ready: (line) => (line === 'load generator' ? line : undefined),
  });
}

export interface LoadResult {
  readonly seconds: number;
  readonly done: number;
  /** Rejected with a 503. */
  readonly refused: number;
  readonly failed: number;
  readonly failure: string;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export function readLoadResult(answer: unknown): LoadResult {
  return {
    seconds: numberAt(answer, 'seconds'),
    done: numberAt(answer, 'done'),
    refused: numberAt(answer, 'refused'),
    failed: numberAt(answer, 'failed'),
    failure: textAt(answer, 'failure'),
    p50: numberAt(answer, 'p50'),
    p99: numberAt(answer, 'p99'),
    p999: numberAt(answer, 'p999'),
  };
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
