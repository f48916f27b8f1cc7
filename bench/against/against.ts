import { OURS } from '../candidates.ts';
import { measure, type Sample } from '../measure.ts';
import { median } from '../report/statistics.ts';
import { openRunner, warm } from '../runner.ts';
import type { Sizes } from '../sizes.ts';
import { checkOut } from './checkout.ts';
import { type Ratio, ratioOf } from './interval.ts';

const PAIRS = { full: 9, quick: 2 } as const;
const CONCURRENCIES = [1, 8, 64] as const;
const OPERATIONS = [
  { operation: 'query', numbers: 'distinct' },
  { operation: 'create', numbers: 'new' },
] as const;
const CORES = ['two', 'one'] as const;

interface Row {
  readonly title: string;
  /** Of throughput, this checkout to the other one: above 1 is faster. */
  readonly perSecond: Ratio;
  /** Of the median latency: below 1 is faster. */
  readonly p50: Ratio;
  readonly base: Sample;
  readonly now: Sample;
}

/**
 * Compares this checkout with another commit: interleaved pairs, ratios with their 95 % intervals.
 */
export async function compareAgainst(
  ref: string,
  sizes: Sizes,
  isQuick: boolean,
  tell: (line: string) => void,
): Promise<string> {
  using checkout = await checkOut(ref);
  await using runner = await openRunner();
  const base = await runner.open({ ...OURS, name: 'base', title: ref, root: checkout.directory });
  const now = await runner.open({ ...OURS, name: 'now', title: 'this checkout' });
  for (const server of [base, now]) {
    tell(`${server.candidate.title}: warming up`);
    await warm(server, runner, sizes.warmSeconds);
  }
  const rows: Row[] = [];
  const pairs = isQuick ? PAIRS.quick : PAIRS.full;
  for (const cores of CORES) {
    for (const task of OPERATIONS) {
      for (const concurrency of CONCURRENCIES) {
        const title = `${task.operation}, ${concurrency} in flight, ${cores === 'one' ? 'one core' : 'two cores'}`;
        tell(title);
        runner.spread(cores);
        const samples: { readonly base: Sample; readonly now: Sample }[] = [];
        for (let pair = 0; pair < pairs; pair += 1) {
          const { rewarmSeconds: warmSeconds, seconds } = sizes;
          const once = (server: typeof base) =>
            measure(server, runner, { ...task, concurrency, warmSeconds, seconds });
          // Alternates, so that neither is always the first of a pair.
          if (pair % 2 === 0) {
            samples.push({ base: await once(base), now: await once(now) });
          } else {
            const first = await once(now);
            samples.push({ now: first, base: await once(base) });
          }
        }
        rows.push(rowOf(title, samples));
      }
    }
  }
  return tableOf(ref, rows, pairs);
}

function rowOf(title: string, samples: readonly { base: Sample; now: Sample }[]): Row {
  const ratio = (field: 'perSecond' | 'p50Ms') =>
    ratioOf(samples.map(({ base, now }) => [base[field], now[field]] as const));
  const middle = (one: 'base' | 'now') => {
    const [first] = samples;
    const sample = first?.[one];
    if (sample === undefined) {
      throw new Error('A row needs at least one pair.');
    }
    const of = (field: 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuUs') =>
      median(samples.map((pair) => pair[one][field]));
    return {
      ...sample,
      perSecond: of('perSecond'),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      cpuUs: of('cpuUs'),
    };
  };
  return {
    title,
    perSecond: ratio('perSecond'),
    p50: ratio('p50Ms'),
    base: middle('base'),
    now: middle('now'),
  };
}

function tableOf(ref: string, rows: readonly Row[], pairs: number): string {
  const shown = ({ ratio, low, high }: Ratio) =>
    `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const one = ({ perSecond, p50Ms, p99Ms, cpuUs }: Sample) =>
    `${Math.round(perSecond)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${Math.round(cpuUs)} µs`;
  const lines = rows.map(
    ({ title, base, now, perSecond, p50 }) =>
      `| ${title} | ${one(base)} | ${one(now)} | ${shown(perSecond)} | ${shown(p50)} |`,
  );
  return [
    `Against ${ref}: ${pairs} interleaved pairs a row, ratios with their 95 % intervals.\n`,
    '| row | before | now | throughput | p50 |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
