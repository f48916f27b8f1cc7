import { availableParallelism } from 'node:os';
import type { Experiment, Row, Scale } from './experiment.ts';
import { GOALS, type Goal } from './goals.ts';

export interface Result {
  readonly experiment: Experiment;
  readonly rows: readonly Row[];
}

const HEAD = ['goal', 'what', 'size', 'figure', 'wanted', 'how', ''];

/** All rows of all experiments as one Markdown table, by goal. */
export function toTable(results: readonly Result[]): string {
  const numbered = (result: Result) => Number(result.experiment.goal.slice(1));
  const lines = results
    .toSorted((one, other) => numbered(one) - numbered(other))
    .flatMap(({ experiment: { goal, name }, rows }) =>
      rows.map(({ what, size, figure, wanted, pass }) =>
        line([goal, what, size, figure, wanted, `\`--only ${name}\``, pass ? 'pass' : '**FAIL**']),
      ),
    );
  return [line(HEAD), line(HEAD.map(() => '---')), ...lines].join('');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** The goals that were missed by a row, or that nothing was measured for. */
export function notReached(
  results: readonly Result[],
  among: 'measured' | 'all',
): readonly string[] {
  return goals().flatMap((goal) => {
    const rows = results
      .filter(({ experiment }) => experiment.goal === goal)
      .flatMap((r) => r.rows);
    if (rows.length === 0 && among === 'measured') {
      return [];
    }
    const missed = rows.filter(({ pass }) => !pass);
    const why =
      rows.length === 0
        ? 'not measured in this run'
        : missed
            .map(({ what, figure, wanted }) => `${what}: ${figure}, wanted ${wanted}`)
            .join('; ');
    return why === '' ? [] : [`${goal}. ${GOALS[goal]} (${why})`];
  });
}

function goals(): readonly Goal[] {
  return Object.keys(GOALS).filter((name): name is Goal => name in GOALS);
}

/** The table as a page of the documents. */
export function toPage(results: readonly Result[], scale: Scale, date: Date): string {
  const missed = notReached(results, 'all');
  const command = `npm run reliability${scale === 'quick' ? ' -- --quick' : ''}`;
  return `# Reliability and security, measured

Printed by \`${command}\` on ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores. Server, WeChat Pay, databases
and clients all ran on one machine, over loopback; times are of that machine, counts are not. Times under load are told
as multiples of the unloaded figure of the same run. One experiment: \`npm run reliability -- --only <name>\`.

## The goals

${goals()
  .map((goal) => `- **${goal}** ${GOALS[goal]}`)
  .join('\n')}

## Not reached

${missed.length === 0 ? 'None.' : missed.map((one) => `- ${one}`).join('\n')}

## Figures

${toTable(results)}`;
}
