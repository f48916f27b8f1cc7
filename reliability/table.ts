import type { Experiment, Row } from './experiment.ts';
import { GOALS, type Goal, isGoal } from './goals.ts';

export interface Result {
  readonly experiment: Pick<Experiment, 'goal' | 'name'>;
  /** When it was measured, `2026-11-25`. */
  readonly date: string;
  readonly rows: readonly Row[];
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

const HEAD = ['goal', 'what', 'size', 'figure', 'wanted', 'how', 'date', ''];

/** All rows of all experiments as one Markdown table, by goal. */
export function toTable(results: readonly Result[]): string {
  const numbered = (result: Result) => Number(result.experiment.goal.slice(1));
  const lines = results
    .toSorted((one, other) => numbered(one) - numbered(other))
    .flatMap(({ experiment: { goal, name }, date, rows }) =>
      rows.map(({ what, size, figure, wanted, pass }) =>
        line([goal, what, size, figure, wanted, how(name), date, pass ? 'pass' : '**FAIL**']),
      ),
    );
  return [line(HEAD), line(HEAD.map(() => '---')), ...lines].join('');
}

const how = (name: string) => `\`--only ${name}\``;

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

export function goals(): readonly Goal[] {
  return Object.keys(GOALS).filter(isGoal);
}
