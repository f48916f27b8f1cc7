import { availableParallelism } from 'node:os';
import type { Row } from './experiment.ts';

export interface Result {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** All rows of all experiments as one Markdown table. */
export function toTable(results: readonly Result[]): string {
  const lines = results.flatMap(({ name, rows }) =>
    rows.map(({ what, size, figure, goal, pass }) =>
      line([name, what, size, figure, goal, pass ? 'pass' : '**FAIL**']),
    ),
  );
  return [
    line(['experiment', 'what', 'size', 'figure', 'goal', '']),
    line(['---', '---', '---', '---', '---', '---']),
    ...lines,
  ].join('');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** The table as a page of the documents. */
export function toPage(table: string, date: Date): string {
  return `# The ledger under kills, storms and faults

Printed by \`npm run prove\` on ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} cores, server, WeChat Pay and
clients all on one machine. Times are of that machine; counts are not.

${table}`;
}
