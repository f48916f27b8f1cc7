import { median } from '../report/statistics.ts';

/** One timed step of an operation. */
export interface StageWork {
  readonly name: string;
  readonly what: string;
  /** Runs it this many times. */
  readonly run: (times: number) => unknown;
}

export interface Stage {
  readonly name: string;
  readonly what: string;
  /** Wall-clock µs for each, medians of several runs, and the fastest run. */
  readonly us: number;
  readonly fastestUs: number;
}

const RUNS = 7;
const FIRST_TIMES = 8;

/**
 * Warms up, determines how often it can run in the given time, and measures several runs.
 * @param now a monotonic clock, ms
 */
export async function timeStage(
  { name, what, run }: StageWork,
  ms: number,
  now: () => number = () => performance.now(),
): Promise<Stage> {
  const timed = async (times: number) => {
    const from = now();
    await run(times);
    return now() - from;
  };
  let times = FIRST_TIMES;
  let took = await timed(times);
  while (took < ms) {
    times = Math.ceil(times * Math.min(4, Math.max(1.5, (ms / Math.max(took, 0.01)) * 1.1)));
    took = await timed(times);
  }
  const each: number[] = [];
  for (const _ of Array(RUNS).keys()) {
    each.push(((await timed(times)) * 1000) / times);
  }
  return { name, what, us: median(each), fastestUs: Math.min(...each) };
}
