import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Comparison } from '../compare.ts';
import type { Series } from '../growth/series.ts';
import type { Stage } from '../stages/stage.ts';
import { stagesTable } from '../stages/table.ts';
import { goalsOf } from './goals.ts';
import { comparisonTables, goalsTable, memoryTable, seriesTable } from './tables.ts';

/** All results of one run of the bench. */
export interface Findings {
  readonly comparison: Comparison | undefined;
  readonly series: readonly Series[];
  readonly stages: readonly Stage[];
  readonly seconds: number;
}

const PROFILES = [
  { title: 'Before', file: new URL('../profiles/before.md', import.meta.url) },
  { title: 'After', file: new URL('../profiles/after.md', import.meta.url) },
] as const;
const REMARKS = new URL('./remarks.md', import.meta.url);

/** docs/explanation/performance.md. */
export function performancePage(findings: Findings, date: Date): string {
  return [
    head(date, findings.seconds),
    remarks(),
    beside(findings),
    growth(findings.series),
    profiles(),
    findings.stages.length === 0 ? '' : stages(findings.stages),
    repeat(),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The terminal output: only the figures. */
export function figures({ comparison, series, stages: each }: Findings): string {
  return [
    ...(comparison ? [comparisonTables(comparison), memoryTable(comparison)] : []),
    ...(comparison ? [goalsTable(goalsOf(comparison))] : []),
    ...(comparison ? [inspected(comparison)] : []),
    ...series.map(seriesTable),
    ...(each.length > 0 ? [stagesTable(each)] : []),
  ].join('\n');
}

function head(date: Date, seconds: number): string {
  return `# Performance

English · [简体中文](../zh/explanation/performance.md)

Measured by \`npm run bench\` on ${date.toISOString().slice(0, 10)}, in one run of ${Math.round(seconds / 60)} minutes: ${machine()}.
Servers, clients and the simulated WeChat Pay share that machine, so ratios say more than absolute figures.
`;
}

function machine(): string {
  const [cpu] = cpus();
  const gb = Math.round(totalmem() / 2 ** 30);
  const kernel = execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, ${gb} GB, ${kernel}, Node ${process.version}`;
}

/** Written by hand: what was tried for missed targets, and what the figures mean. */
function remarks(): string {
  return existsSync(REMARKS) ? readFileSync(REMARKS, 'utf8') : '';
}

function beside({ comparison }: Findings): string {
  return comparison === undefined
    ? ''
    : `## Compared with the usual alternatives

![Throughput of each server in units of the best peer](performance.svg)

${goalsTable(goalsOf(comparison))}
Every server does the same: sign, send over kept-alive connections, verify signature, timestamp and serial, map the names, respond.
A create also encrypts four fields. Only ours and the peer with SQLite also commit the intent to disk first, and record the outcome.
Queries are for existing orders; no two in flight for the same one, except in the last scenario. ${inspected(comparison)}
Medians over all rounds; the servers take turns, each warmed up before.

${comparisonTables(comparison)}
${memoryTable(comparison)}`;
}

function inspected(comparison: Comparison): string {
  const { inspected: looked, bad, faults } = comparison;
  const what = bad === 0 ? 'none was wrong' : `**${bad} were wrong** (${faults.join(', ')})`;
  return `The simulated WeChat Pay checked the signature, the timestamp and the encrypted fields of ${looked} requests of all servers: ${what}.\n`;
}

function growth(series: readonly Series[]): string {
  return series.length === 0
    ? ''
    : `## Growth

Only our server; server, clients and WeChat Pay use both cores.

${series.map(seriesTable).join('\n')}`;
}

function profiles(): string {
  const there = PROFILES.filter(({ file }) => existsSync(file));
  return there.length === 0
    ? ''
    : `## Where the time goes

CPU profiles by package, printed by \`npm run bench -- --profile\`; 64 in flight, both cores. Native functions count for their caller.

${there.map(({ title, file }) => `### ${title}\n\n${readFileSync(file, 'utf8')}`).join('\n')}`;
}

function stages(each: readonly Stage[]): string {
  return `## Stage by stage

Functions of this project, one at a time, warmed up: \`npm run bench -- --stages\`.

${stagesTable(each)}`;
}

function repeat(): string {
  return `## Reproduce

\`npm run bench\` needs Linux and two cores. It installs the peers into \`bench/node_modules\` when they are missing, stays on loopback, takes about 30 minutes, and writes this page and its picture.
\`-- --quick\` takes two minutes and only prints; \`-- --only <name>\` runs a part (repeatable), \`-- --stages\` the stages, \`-- --profile\` the profiles.
The peers are in [bench/peers](../../bench/peers): each as a competent user of its SDK would write it.
`;
}
