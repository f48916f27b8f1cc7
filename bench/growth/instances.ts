import { randomBytes } from 'node:crypto';
import { startLoad } from '../background-load.ts';
import { OURS, type RunningServer } from '../candidates.ts';
import { type BackgroundLoad, measure, type Sample, type Task } from '../measure.ts';
import { openRunner, type Runner, warm } from '../runner.ts';
import type { Sizes } from '../sizes.ts';
import { startPostgres } from './postgres.ts';
import { OPERATIONS, type Point, type Series } from './series.ts';

const CONCURRENCY = 64;

/** One instance, then two, on one PostgreSQL; they share the two cores with everything else. */
export async function growInstances(sizes: Sizes, report: (line: string) => void): Promise<Series> {
  await using postgres = await startPostgres();
  await using runner = await openRunner();
  await using secondLoad = await startLoad('0,1');
  const changes = { DATABASE_URL: postgres.url, DATA_KEY: randomBytes(32).toString('base64') };
  const points: Point[] = [];
  const running: { server: RunningServer; by: BackgroundLoad }[] = [];
  for (const load of [runner.load, secondLoad]) {
    const server = await runner.open(OURS, { changes });
    running.push({ server, by: { load, upstream: runner.upstream } });
    report(`${running.length} on one PostgreSQL`);
    await warm(server, runner, sizes.warmSeconds);
    for (const { operation, numbers } of OPERATIONS) {
      const task = {
        operation,
        numbers,
        concurrency: CONCURRENCY / running.length,
        warmSeconds: sizes.rewarmSeconds,
        seconds: sizes.seconds,
      };
      points.push({ size: running.length, operation, sample: await together(running, task) });
    }
  }
  const title = 'Instances on one PostgreSQL';
  const notes = [
    `${CONCURRENCY} requests in flight in all. PostgreSQL, its disk, the load and WeChat Pay's side share the two cores with the instances.`,
  ];
  return { name: 'instances', title, unit: 'instances', points, notes };
}

/** Measures all instances concurrently: throughput is summed, costs are averaged. */
async function together(
  running: readonly { server: RunningServer; by: Pick<Runner, 'load' | 'upstream'> }[],
  task: Task,
): Promise<Sample> {
  const samples = await Promise.all(running.map(({ server, by }) => measure(server, by, task)));
  const sum = (of: keyof Sample) => samples.reduce((all, sample) => all + sample[of], 0);
  const mean = (of: keyof Sample) => sum(of) / samples.length;
  return {
    perSecond: sum('perSecond'),
    cpuUs: mean('cpuUs'),
    otherThreadsUs: mean('otherThreadsUs'),
    p50Ms: mean('p50Ms'),
    p99Ms: Math.max(...samples.map(({ p99Ms }) => p99Ms)),
    p999Ms: Math.max(...samples.map(({ p999Ms }) => p999Ms)),
    loopDelayP99Ms: mean('loopDelayP99Ms'),
    rssMb: sum('rssMb'),
    // Each window counted the calls of all instances.
    upstreamCalls: mean('upstreamCalls') / samples.length,
    refused: mean('refused'),
  };
}
