import { type Candidate, OURS, type RunningServer } from '../candidates.ts';
import { measure, type Sample, type Task } from '../measure.ts';
import { median } from '../report/statistics.ts';
import { openRunner, warm } from '../runner.ts';
import type { Sizes } from '../sizes.ts';
import { checkOut } from './checkout.ts';
import { type Ratio, ratioOf } from './interval.ts';

/** Of each checkout, because two processes of the same code differ by up to a fifth. */
const PROCESSES = { full: 3, quick: 1 } as const;
/** How often each process is measured beside its counterpart, for each row. */
const ROUNDS = { full: 3, quick: 2 } as const;
const CONCURRENCIES = [1, 8, 64] as const;
const PAY_AFTER = [
  { operation: 'query', numbers: 'distinct' },
  { operation: 'create', numbers: 'new' },
] as const;
const SERVICE_ORDERS = [
  { operation: 'service-query', numbers: 'distinct' },
  { operation: 'service-create', numbers: 'new' },
] as const;
const CORES = ['two', 'one'] as const;
/** Of service orders: they share the code above and below their own. */
const FEW = { concurrencies: [1, 64], cores: ['one'] } as const;

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
 * Compares this checkout with another commit: interleaved pairs of processes, ratios with their 95 %
 * intervals.
 */
export async function compareAgainst(
  ref: string,
  sizes: Sizes,
  isQuick: boolean,
  report: (line: string) => void,
): Promise<string> {
  using checkout = await checkOut(ref);
  await using runner = await openRunner();
  const tasks = tasksFor(await checkout.read('schema.graphql'));
  const operations = [...new Set(tasks.map(({ operation }) => operation))];
  const opened = async (candidate: Candidate) => {
    report(`${candidate.title}: warming up`);
    const server = await runner.open(candidate);
    await warm(server, runner, sizes.warmSeconds, operations);
    return server;
  };
  const size = isQuick ? 'quick' : 'full';
  const servers: { readonly base: RunningServer; readonly now: RunningServer }[] = [];
  for (const number of Array(PROCESSES[size]).keys()) {
    const [before, here] = [`base-${number}`, `now-${number}`];
    servers.push({
      base: await opened({ ...OURS, name: before, title: ref, root: checkout.directory }),
      now: await opened({ ...OURS, name: here, title: 'this checkout' }),
    });
  }
  const rows: Row[] = [];
  const rounds = ROUNDS[size];
  for (const { cores, ...task } of tasks) {
    const title = `${task.operation}, ${task.concurrency} in flight, ${cores === 'one' ? 'one core' : 'two cores'}`;
    report(title);
    runner.spread(cores);
    const samples: { readonly base: Sample; readonly now: Sample }[] = [];
    const once = (server: RunningServer) =>
      measure(server, runner, {
        ...task,
        warmSeconds: sizes.rewarmSeconds,
        seconds: sizes.seconds,
      });
    for (const { base, now } of Array.from({ length: rounds }, () => servers).flat()) {
      // Alternates, so that neither is always the first of a pair.
      if (samples.length % 2 === 0) {
        samples.push({ base: await once(base), now: await once(now) });
      } else {
        const first = await once(now);
        samples.push({ now: first, base: await once(base) });
      }
    }
    rows.push(rowOf(title, samples));
  }
  return tableOf(ref, rows, rounds * servers.length);
}

type PairedTask = Pick<Task, 'operation' | 'numbers' | 'concurrency'> & {
  readonly cores: 'one' | 'two';
};

/** @param schema of the other commit, which may be older than service orders */
export function tasksFor(schema: string): readonly PairedTask[] {
  const crossed = (
    operations: readonly Pick<Task, 'operation' | 'numbers'>[],
    coreses: readonly ('one' | 'two')[],
    concurrencies: readonly number[],
  ) =>
    coreses.flatMap((cores) =>
      operations.flatMap((task) =>
        concurrencies.map((concurrency) => ({ ...task, concurrency, cores })),
      ),
    );
  return [
    ...crossed(PAY_AFTER, CORES, CONCURRENCIES),
    ...(schema.includes(' createServiceOrder(')
      ? crossed(SERVICE_ORDERS, FEW.cores, FEW.concurrencies)
      : []),
  ];
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
