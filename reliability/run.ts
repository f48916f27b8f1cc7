import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Experiment, Row, Scale } from './experiment.ts';
import { LANES } from './plan.ts';
import type { Environment } from './support/environment.ts';
import { type Result, today } from './table.ts';

const SIDE_BY_SIDE = 3;
/** An experiment that hangs is aborted, so that the others still run. */
const PATIENCE = 3;
const QUICK_MINUTES = 4;

/** Quick ones run concurrently; full ones one after the other, because they measure times. */
export async function runAll(
  names: readonly string[],
  scale: Scale,
  environment: Environment,
): Promise<readonly Result[]> {
  const lanes = LANES.map((lane) => lane.filter(({ name }) => names.includes(name)));
  const limit = pLimit(scale === 'full' ? 1 : SIDE_BY_SIDE);
  const done = await Promise.all(
    lanes.map((lane) => limit(() => runLane(lane, scale, environment))),
  );
  return done.flat();
}

async function runLane(
  lane: readonly Experiment[],
  scale: Scale,
  environment: Environment,
): Promise<readonly Result[]> {
  const done: Result[] = [];
  for (const experiment of lane) {
    const { goal, name, minutes } = experiment;
    const about = scale === 'full' ? `, about ${minutes} min` : '';
    process.stderr.write(`${clock()} ${name} (${goal}) begins${about}\n`);
    const startMs = performance.now();
    const rows = await runOne(experiment, scale, environment);
    done.push({ experiment, rows, date: today() });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const failed = rows.filter(({ pass }) => !pass);
    const outcome = failed.length === 0 ? 'pass' : `${failed.length} FAILED`;
    process.stderr.write(`${clock()} ${name} (${goal}): ${outcome}, ${seconds} s\n`);
    for (const { what, figure, wanted } of failed) {
      process.stderr.write(`           ${what}: ${figure}, wanted ${wanted}\n`);
    }
  }
  return done;
}

async function runOne(
  { minutes, run }: Experiment,
  scale: Scale,
  environment: Environment,
): Promise<readonly Row[]> {
  const timer = new AbortController();
  const limitMs = (scale === 'full' ? minutes * PATIENCE + 1 : QUICK_MINUTES) * 60_000;
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`It took longer than ${Math.round(limitMs / 1000)} s.`);
  });
  try {
    return await Promise.race([run(scale, environment), late]);
  } catch (error) {
    const figure = String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return [{ what: 'the experiment itself', size: scale, figure, wanted: 'runs', pass: false }];
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}

function clock(): string {
  return new Date().toISOString().slice(11, 19);
}
