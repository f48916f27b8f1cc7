import { readFile, writeFile } from 'node:fs/promises';
import { readArguments } from '../src/cli/usage.ts';
import { canaries, wholeRun } from './experiments/canaries.ts';
import { readPage, toPage, withEarlier } from './page.ts';
import { LANES, NAMES } from './plan.ts';
import { runAll } from './run.ts';
import { createEnvironment } from './support/environment.ts';
import { notReached, today, toTable } from './table.ts';

/**
 * Measures the reliability of the server. Exit code 1 if a goal is missed. `--quick` for small
 * sizes, `--only <name>` and `--except <name>` for some experiments (repeatable), `--write <file>`
 * for the page, which keeps the rows of experiments that did not run.
 */
const USAGE = `Usage: npm run reliability -- [--quick] [--only <name>] [--except <name>] [--write <file>]

Runs the reliability experiments: ${NAMES.join(', ')}.
`;
const { values } = readArguments(USAGE, {
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

const environment = createEnvironment();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    environment.killAll();
    const end = () => process.exit(130);
    environment[Symbol.asyncDispose]().then(end, end);
  });
}
const done = await runAll(names, scale, environment);
environment.killAll();
await environment[Symbol.asyncDispose]();
const whole = { experiment: canaries, rows: wholeRun(environment.watch), date: today() };
const results = [...done, whole];
process.stdout.write(toTable(results));
if (values.write !== undefined) {
  const earlier = await readFile(values.write, 'utf8').then(readPage, () => []);
  const measured = results.filter(({ experiment: { name } }) => names.includes(name));
  await writeFile(values.write, await toPage(withEarlier(measured, earlier)));
}
const missed = results.some(({ rows }) => rows.some(({ pass }) => !pass));
if (missed) {
  process.stdout.write(`\nNot reached:\n${notReached(results, 'measured').join('\n')}\n`);
}
process.exit(missed ? 1 : 0);
