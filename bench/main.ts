import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, platform } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../src/cli/usage.ts';
import { compareAgainst } from './against/against.ts';
import { OURS, PEERS } from './candidates.ts';
import { compare } from './compare.ts';
import { growInstances } from './growth/instances.ts';
import {
  growConcurrency,
  growLedger,
  growSubscriptions,
  type SeriesName,
} from './growth/series.ts';
import { install } from './install.ts';
import { profileTable, topFunctions } from './profile/table.ts';
import { takeProfiles } from './profile/take.ts';
import { type Findings, figures, performancePage } from './report/page.ts';
import { ratiosPicture } from './report/ratios.ts';
import { SCENARIOS } from './scenarios.ts';
import { FULL, QUICK } from './sizes.ts';
import { timeStages } from './stages/all.ts';

/**
 * Our server beside its peers, and by itself. `--quick` for small sizes, `--only <name>` for a part
 * (repeatable), `--stages`, `--profile [--write <file>]`, `--against <ref>` for this checkout beside
 * another commit. A full run writes docs/explanation/performance.md.
 */
const SERIES = {
  concurrency: growConcurrency,
  ledger: growLedger,
  subscriptions: growSubscriptions,
  instances: growInstances,
} as const;
const SERIES_NAMES: readonly SeriesName[] = ['concurrency', 'ledger', 'subscriptions', 'instances'];
const NAMES: readonly string[] = [...SCENARIOS.map(({ name }) => name), ...SERIES_NAMES, 'stages'];

const USAGE = `Usage: npm run bench -- [--quick] [--only <name>] [--stages] [--profile] [--against <ref>] [--write <file>]

Measures throughput, latency and memory: ${NAMES.join(', ')}.
`;
const { values } = readArguments(USAGE, {
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    stages: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    against: { type: 'string' },
    write: { type: 'string' },
  },
});
const sizes = values.quick ? QUICK : FULL;
const startedMs = performance.now();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // On exit, everything that was started is stopped.
  process.once(signal, () => process.exit(130));
}
if (platform() !== 'linux' || availableParallelism() < 2) {
  stop('The bench needs Linux (/proc, taskset) and two cores.');
}
const [load = 0] = loadavg();
if (load > 1) {
  report(`The machine is busy (load average ${load.toFixed(1)}): do not believe the figures.`);
}
if (values.against !== undefined) {
  process.stdout.write(`\n${await compareAgainst(values.against, sizes, values.quick, report)}`);
} else if (values.profile) {
  await profile();
} else {
  await bench(values.stages ? ['stages'] : (values.only ?? NAMES));
}
process.exit();

async function bench(names: readonly string[]): Promise<void> {
  if (names.some((name) => !NAMES.includes(name))) {
    stop(`--only is one of: ${NAMES.join(', ')}`);
  }
  const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
  if (scenarios.length > 0) {
    install();
  }
  const comparison =
    scenarios.length === 0 ? undefined : await compare(scenarios, [OURS, ...PEERS], sizes, report);
  const series = [];
  for (const name of SERIES_NAMES.filter((one) => names.includes(one))) {
    series.push(await SERIES[name](sizes, report));
  }
  const stages = names.includes('stages') ? await timeStages(sizes.stageMs, report) : [];
  const findings = { comparison, series, stages, seconds: (performance.now() - startedMs) / 1000 };
  process.stdout.write(`\n${figures(findings)}`);
  const isWhole = names === NAMES && !values.quick;
  const page = values.write ?? (isWhole ? docs('performance.md') : undefined);
  if (page !== undefined) {
    await write(page, findings);
  }
}

async function write(page: string, findings: Findings): Promise<void> {
  await mkdir(dirname(page), { recursive: true });
  await writeFile(page, performancePage(findings, new Date()));
  if (findings.comparison !== undefined) {
    await writeFile(page.replace(/\.md$/, '.svg'), ratiosPicture(findings.comparison));
  }
  report(`written: ${page}`);
}

async function profile(): Promise<void> {
  const profiled = await takeProfiles(sizes, report);
  const table = profileTable(profiled);
  process.stdout.write(`\n${table}${profiled.map(topFunctions).join('')}`);
  if (values.write !== undefined) {
    await mkdir(dirname(values.write), { recursive: true });
    await writeFile(values.write, table);
  }
}

function docs(name: string): string {
  return fileURLToPath(new URL(`../docs/explanation/${name}`, import.meta.url));
}

function report(line: string): void {
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  process.stderr.write(`${String(seconds).padStart(4)} s  ${line}\n`);
}

function stop(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
