import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import type { Experiment, Scale } from './experiment.ts';
import { commits } from './experiments/commits.ts';
import { cuts } from './experiments/cuts.ts';
import { faults } from './experiments/faults.ts';
import { kill9 } from './experiments/kill9.ts';
import { load } from './experiments/load.ts';
import { outage } from './experiments/outage.ts';
import { sameNotice } from './experiments/same-notice.ts';
import { twoInstances } from './experiments/two-instances.ts';
import { createStage, type Stage } from './support/stage.ts';
import { type Result, toPage, toTable } from './table.ts';

/**
 * Shows with figures that the server loses nothing. Exit code 1 where a goal is missed.
 * `--quick` for small sizes, `--only <name>` for some (repeatable), `--write <file>` for the table.
 */
const LANES: readonly (readonly Experiment[])[] = [
  [faults],
  [outage],
  [kill9],
  [sameNotice, twoInstances, cuts],
  [load],
  [commits],
];
const SIDE_BY_SIDE = 3;
const NAMES = LANES.flat().map(({ name }) => name);

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: NAMES },
    write: { type: 'string' },
  },
});
if (values.only.some((name) => !NAMES.includes(name))) {
  process.stderr.write(`--only is one of: ${NAMES.join(', ')}\n`);
  process.exit(2);
}
const results = await runAll(values.quick ? 'quick' : 'full', values.only);
const table = toTable(results);
process.stdout.write(table);
if (values.write !== undefined) {
  await writeFile(values.write, toPage(table, new Date()));
}
process.exit(results.some(({ rows }) => rows.some(({ pass }) => !pass)) ? 1 : 0);

/** Quick ones side by side; full ones one after the other, since they time things. */
async function runAll(scale: Scale, names: readonly string[]): Promise<readonly Result[]> {
  await using stage = createStage();
  const lanes = LANES.map((lane) => lane.filter(({ name }) => names.includes(name)));
  if (scale === 'full') {
    return await runLane(lanes.flat(), scale, stage);
  }
  const limit = pLimit(SIDE_BY_SIDE);
  const done = await Promise.all(lanes.map((lane) => limit(() => runLane(lane, scale, stage))));
  return done.flat();
}

async function runLane(
  lane: readonly Experiment[],
  scale: Scale,
  stage: Stage,
): Promise<readonly Result[]> {
  const done: Result[] = [];
  for (const { name, run } of lane) {
    const startMs = performance.now();
    const rows = await run(scale, stage);
    done.push({ name, rows });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const failed = rows.filter(({ pass }) => !pass).length;
    process.stderr.write(`${name}: ${failed === 0 ? 'pass' : `${failed} FAILED`}, ${seconds} s\n`);
  }
  return done;
}
