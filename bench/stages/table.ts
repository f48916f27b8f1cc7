import { table } from '../report/tables.ts';
import type { Stage } from './stage.ts';

export function stagesTable(stages: readonly Stage[]): string {
  const figure = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  return table([
    ['stage', 'what', 'µs, median of 7 runs', 'fastest'],
    ...stages.map(({ name, what, us, fastestUs }) => [name, what, figure(us), figure(fastestUs)]),
  ]);
}
