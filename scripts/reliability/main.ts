import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { canaries, wholeRun } from './experiments/canaries.ts';
import { LANES, NAMES } from './plan.ts';
import { runAll } from './run.ts';
import { createStage } from './support/stage.ts';
import { notReached, toPage, toTable } from './table.ts';

/**
 * Shows with figures what the server bears. Exit code 1 where a goal is missed.
 * `--quick` for small sizes, `--only <name>` and `--except <name>` for some (repeatable),
 * `--write <file>` for the page.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [...NAMES] },
    except: { type: 'string', multiple: true, default: [] },
    write: { type: 'string' },
  },
});
if ([...values.only, ...values.except].some((name) => !NAMES.includes(name))) {
  process.stderr.write(`The experiments are: ${NAMES.join(', ')}\n`);
  process.exit(2);
}
const scale = values.quick ? 'quick' : 'full';
const names = values.only.filter((name) => !values.except.includes(name));
if (scale === 'full') {
  const chosen = LANES.flat().filter(({ name }) => names.includes(name));
  const minutes = chosen.reduce((sum, one) => sum + one.minutes, 0);
  process.stderr.write(`${chosen.length} experiments, about ${Math.ceil(minutes)} minutes\n`);
}

const stage = createStage();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stage.killAll();
    const end = () => process.exit(130);
    stage[Symbol.asyncDispose]().then(end, end);
  });
}
const done = await runAll(names, scale, stage);
stage.killAll();
await stage[Symbol.asyncDispose]();
const results = [...done, { experiment: canaries, rows: wholeRun(stage.watch) }];
process.stdout.write(toTable(results));
if (values.write !== undefined) {
  await writeFile(values.write, toPage(results, scale, new Date()));
}
const missed = results.some(({ rows }) => rows.some(({ pass }) => !pass));
if (missed) {
  process.stdout.write(`\nNot reached:\n${notReached(results, 'measured').join('\n')}\n`);
}
process.exit(missed ? 1 : 0);
