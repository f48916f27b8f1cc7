import { median } from '../report/statistics.ts';

/** One step of the way, as it is timed. */
export interface StageWork {
  readonly name: string;
  readonly what: string;
  /** Does it so many times. */
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

/** Warms up, finds how often it can be done in the given time, and does that several times. */
export async function timeStage({ name, what, run }: StageWork, ms: number): Promise<Stage> {
  let times = FIRST_TIMES;
  let took = await timed(run, times);
  while (took < ms) {
    times = Math.ceil(times * Math.min(4, Math.max(1.5, (ms / Math.max(took, 0.01)) * 1.1)));
    took = await timed(run, times);
  }
  const each: number[] = [];
  for (const _ of Array(RUNS).keys()) {
    each.push(((await timed(run, times)) * 1000) / times);
  }
  return { name, what, us: median(each), fastestUs: Math.min(...each) };
}

async function timed(run: StageWork['run'], times: number): Promise<number> {
  const from = performance.now();
  await run(times);
  return performance.now() - from;
}
