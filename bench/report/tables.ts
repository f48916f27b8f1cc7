import type { Comparison } from '../compare.ts';
import type { Series } from '../growth/series.ts';
import type { Load } from '../scenarios.ts';
import { ms, percent, ratio, us, whole } from './figures.ts';
import type { Goal } from './goals.ts';

/** A Markdown table; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

export function goalsTable(goals: readonly Goal[]): string {
  return table([
    ['figure', 'best peer', 'target', 'ours', ''],
    ...goals.map(({ what, bestPeer, target, ours, reached }) => [
      what,
      bestPeer,
      target,
      ours,
      reached ? 'reached' : '**missed**',
    ]),
  ]);
}

/** Every scenario in full. The ratio is ours to that row's throughput. */
export function comparisonTables({ results }: Comparison): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  return scenarios
    .map((scenario) => {
      const of = results.filter((result) => result.scenario === scenario);
      const ours = of.find(({ candidate }) => candidate.isOurs)?.sample.perSecond ?? Number.NaN;
      const rows = of.map(({ candidate, sample }) => [
        candidate.isOurs ? `**${candidate.title}**` : candidate.title,
        candidate.isOurs ? '' : ratio(ours / sample.perSecond),
        whole(sample.perSecond),
        us(sample.cpuUs),
        `${ms(sample.p50Ms)} / ${ms(sample.p99Ms)} / ${ms(sample.p999Ms)}`,
        ms(sample.loopDelayP99Ms),
        `${whole(sample.rssMb)} MB`,
        percent(sample.upstreamCalls),
        percent(sample.refused),
      ]);
      const head = [
        'server',
        'ours is',
        'op/s',
        'CPU per op',
        'p50 / p99 / p99.9',
        'loop delay p99',
        'memory',
        'reach WeChat Pay',
        'rejected',
      ];
      return `### ${scenario.title}, ${loadText(scenario.load)}\n\n${table([head, ...rows])}`;
    })
    .join('\n');
}

function loadText(load: Load): string {
  return 'perSecond' in load
    ? `open loop, ${load.perSecond} a second`
    : `${load.inFlight} in flight`;
}

export function memoryTable({ memory }: Comparison): string {
  const mb = (value: number) => `${whole(value)} MB`;
  const rows = memory.map(({ candidate, atRest, afterLoad, later }) => [
    candidate.isOurs ? `**${candidate.title}**` : candidate.title,
    mb(atRest),
    mb(afterLoad),
    mb(later),
  ]);
  const head = ['server', 'at rest', 'after the whole run', 'after another minute'];
  return `### Resident memory\n\n${table([head, ...rows])}`;
}

/** How cost goes with size; the ratio is to the first size. */
export function seriesTable({ title, unit, points, notes }: Series): string {
  const rows = points.map(({ size, operation, sample }) => {
    const first = points.find((point) => point.operation === operation)?.sample.cpuUs;
    return [
      operation,
      whole(size),
      ratio(sample.cpuUs / (first ?? Number.NaN)),
      us(sample.cpuUs),
      whole(sample.perSecond),
      `${ms(sample.p50Ms)} / ${ms(sample.p99Ms)}`,
      `${whole(sample.rssMb)} MB`,
      percent(sample.refused),
    ];
  });
  const sorted = [...rows].toSorted(([one = ''], [other = '']) => -one.localeCompare(other));
  const head = ['', unit, 'cost', 'CPU per op', 'op/s', 'p50 / p99', 'memory', 'rejected'];
  const lines = notes.map((note) => `- ${note}\n`).join('');
  return `### ${title}\n\n${table([head, ...sorted])}${lines === '' ? '' : `\n${lines}`}`;
}
