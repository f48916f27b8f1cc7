import { percent, us } from '../report/figures.ts';
import { table } from '../report/tables.ts';
import type { Part } from './read.ts';
import type { Profiled } from './take.ts';

/** Parts below this are summed up in one line. */
const SHOWN = 0.008;

/** Query and create side by side, by package; µs of the main thread for each operation. */
export function profileTable(profiled: readonly Profiled[]): string {
  const columns = profiled.map(({ operation, sample, breakdown }) => {
    const mainUs = sample.cpuUs - sample.otherThreadsUs;
    const shares = new Map(breakdown.byCategory.map(({ name, share }) => [name, share]));
    return { operation, sample, mainUs, shares };
  });
  const names = new Set(
    profiled.flatMap(({ breakdown: { byCategory } }) =>
      byCategory.filter(({ share }) => share >= SHOWN).map(({ name }) => name),
    ),
  );
  const cells = (share: number, mainUs: number) => [us(share * mainUs), percent(share)];
  const rows = [...names].map((name) => [
    name,
    ...columns.flatMap(({ shares, mainUs }) => cells(shares.get(name) ?? 0, mainUs)),
  ]);
  const rest = columns.map(({ shares }) =>
    [...shares].reduce((sum, [name, share]) => sum + (names.has(name) ? 0 : share), 0),
  );
  return table([
    ['main thread, self time', ...columns.flatMap(({ operation }) => [operation, 'share'])],
    ...rows,
    ['the rest', ...columns.flatMap(({ mainUs }, index) => cells(rest[index] ?? 0, mainUs))],
    ['**main thread**', ...columns.flatMap(({ mainUs }) => [`**${us(mainUs)}**`, ''])],
    [
      'other threads (signing, GC)',
      ...columns.flatMap(({ sample }) => [us(sample.otherThreadsUs), '']),
    ],
    ['**all**', ...columns.flatMap(({ sample }) => [`**${us(sample.cpuUs)}**`, ''])],
  ]);
}

/** The single functions that take most, for the terminal. */
export function topFunctions({ operation, breakdown }: Profiled): string {
  const line = ({ name, share }: Part) => `${percent(share).padStart(7)}  ${name}\n`;
  const busy = percent(breakdown.busy);
  return `\n${operation}: functions by self time (main thread ${busy} busy)\n${breakdown.top.map(line).join('')}`;
}
