import { randomBytes } from 'node:crypto';
import { startLoad } from '../bystanders.ts';
import { OURS, type RunningServer } from '../contenders.ts';
import { type Hall, openHall, warm } from '../hall.ts';
import { type Bystanders, measure, type Sample, type Task } from '../measure.ts';
import type { Sizes } from '../sizes.ts';
import { startPostgres } from './postgres.ts';
import { OPERATIONS, type Point, type Series } from './series.ts';

const CONCURRENCY = 64;

/** One instance, then two, on one PostgreSQL; they share the two cores with everything else. */
export async function growInstances(sizes: Sizes, tell: (line: string) => void): Promise<Series> {
  await using postgres = await startPostgres();
  await using hall = await openHall();
  await using secondLoad = await startLoad('0,1');
  const changes = { DATABASE_URL: postgres.url, DATA_KEY: randomBytes(32).toString('base64') };
  const points: Point[] = [];
  const running: { server: RunningServer; by: Bystanders }[] = [];
  for (const load of [hall.load, secondLoad]) {
    const server = await hall.open(OURS, { changes });
    running.push({ server, by: { load, upstream: hall.upstream } });
    tell(`${running.length} on one PostgreSQL`);
    await warm(server, hall, sizes.warmSeconds);
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

/** All at the same time: what they do adds up, what one of them costs or takes is the mean. */
async function together(
  running: readonly { server: RunningServer; by: Pick<Hall, 'load' | 'upstream'> }[],
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
    loopDelayP99Ms: mean('loopDelayP99Ms'),
    rssMb: sum('rssMb'),
    // Each of them has counted the calls of all.
    upstreamCalls: mean('upstreamCalls') / samples.length,
    refused: mean('refused'),
  };
}
