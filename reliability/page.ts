import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { GOALS, isGoal } from './goals.ts';
import { goals, notReached, type Result, toTable } from './table.ts';

/** Written by hand: what is known about missed goals. */
const REMARKS = new URL('./remarks.md', import.meta.url);

/** The table as a page of the documentation. */
export async function toPage(results: readonly Result[]): Promise<string> {
  const missed = notReached(results, 'all');
  const remarks = missed.length === 0 ? '' : `\n${await readFile(REMARKS, 'utf8')}`;
  return `# Reliability

English · [简体中文](../zh/explanation/reliability.md)

Measured by \`npm run reliability\` with Node ${process.version} on ${availableParallelism()} cores. Each row has the date and the experiment that measured it; \`npm run reliability -- --only <name>\` repeats it.
Server, simulated WeChat Pay, databases and clients all ran on one machine, over loopback: times depend on that machine, counts do not. Times under load are
multiples of the unloaded figure of the same run.

## The goals

${goals()
  .map((goal) => `- **${goal}** ${GOALS[goal]}`)
  .join('\n')}

## Not reached

${missed.length === 0 ? 'None.' : missed.map((one) => `- ${one}`).join('\n')}
${remarks}
## Figures

${toTable(results)}`;
}

/** The rows of an existing page, by experiment. */
export function readPage(page: string): readonly Result[] {
  const results = new Map<string, Result>();
  for (const line of page.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    const [, goal = '', what = '', size = '', figure = '', wanted = '', how = '', date = ''] =
      cells;
    const name = /^`--only (\S+)`$/.exec(how)?.[1];
    if (name !== undefined && isGoal(goal)) {
      const row = { what, size, figure, wanted, pass: cells[8] === 'pass' };
      const rows = [...(results.get(name)?.rows ?? []), row];
      results.set(name, { experiment: { goal, name }, date, rows });
    }
  }
  return [...results.values()];
}

/** The new results, and the last results of experiments that did not run. */
export function withEarlier(now: readonly Result[], earlier: readonly Result[]): readonly Result[] {
  const names = new Set(now.map(({ experiment }) => experiment.name));
  return [...now, ...earlier.filter(({ experiment }) => !names.has(experiment.name))];
}
