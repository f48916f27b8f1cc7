import { setTimeout as sleep } from 'node:timers/promises';
import { all, atLeast, atMost, type Experiment, none, type Row } from '../experiment.ts';
import { ownCores } from '../support/cores.ts';
import { checkLedger } from '../support/ledger-check.ts';
import {
  type OpenLoad,
  type OpenLoadOptions,
  openLoad,
  startQueries,
} from '../support/load-worker.ts';
import type { Notification } from '../support/notifications.ts';
import { p99Of } from '../support/pace.ts';
import type { Poster } from '../support/post.ts';
import { setUp } from '../support/setup.ts';
import { percentile } from '../support/stats.ts';
import { batch, type SentNotification, steady } from '../support/steady-notifications.ts';
import { isAcknowledged } from '../support/storm.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = {
  full: {
    rounds: 5,
    seconds: 5,
    calmSeconds: 10,
    warmSeconds: 25,
    perSecond: 200,
    orders: 1_000,
    goodput: 90,
    webhook: 10,
    busy: 95,
    late: 1,
  },
  quick: {
    rounds: 1,
    seconds: 2,
    calmSeconds: 2,
    warmSeconds: 2,
    perSecond: 20,
    orders: 10,
    goodput: 20,
    webhook: 200,
    busy: 0,
    late: 20,
  },
} as const;
type Sizes = (typeof SIZES)[keyof typeof SIZES];
const TIMES_PEAK = 3;
const LOOPS = 64;
const CALLERS = 1_500;
const GOAL_MS = { accepted: 1_000, refused: 50, loop: 100, notification: 5_000, generator: 10 };

/** One round of overload. */
interface Round {
  /** Answers a second: the mean of the peaks just before and after it. */
  readonly peak: number;
  readonly load: OpenLoad;
  /** In % of the peak. */
  readonly goodput: number;
  /** The notifications beside it. */
  readonly sent: readonly SentNotification[];
  readonly loopMs: number;
  /** CPU time of the server in % of its core, the lower one of the two peaks. */
  readonly busy: number;
}

/**
 * Three times the queries that the server can handle, while notifications arrive. The speed of a
 * machine changes within seconds: each round of overload is between two rounds at the peak.
 */
export const overload: Experiment = {
  goal: 'G16',
  name: 'overload',
  minutes: 2,
  run: async (scale, environment) => {
    const sizes = SIZES[scale];
    const { rounds, seconds, calmSeconds, warmSeconds, perSecond, orders } = sizes;
    using cores = scale === 'full' ? ownCores() : undefined;
    const asking = { orders, awake: cores?.isAlone ?? false };
    await using setup = await setUp(environment, { connections: 64, within: cores?.within ?? [] });
    const { keys, database, server, poster } = setup;
    await steady(poster, await batch(keys, 'W-', perSecond), perSecond);
    const calm = await steady(poster, await batch(keys, 'C-', perSecond * calmSeconds), perSecond);
    // An order that is seen for the first time is also recorded, once; and new code is slow.
    await answersPerSecond(server.url, warmSeconds, asking);
    const atPeak: (readonly Notification[])[] = [];
    for (let peak = 0; peak <= rounds; peak += 1) {
      atPeak.push(await batch(keys, `P${peak}-`, perSecond * seconds));
    }
    const atLoad: (readonly Notification[])[] = [];
    for (let round = 0; round < rounds; round += 1) {
      atLoad.push(await batch(keys, `L${round}-`, perSecond * seconds));
    }
    const acknowledgements = [...calm];
    /** The load, and notifications beside it from the moment at which every caller is connected. */
    const beside = async <T>(
      some: readonly Notification[],
      load: (onReady: () => void) => Promise<T>,
    ) => {
      const ready = Promise.withResolvers<void>();
      const post = async () => {
        await ready.promise;
        const [from, fromMs] = [await reported(poster), performance.now()];
        const sent = await steady(poster, some, perSecond);
        const until = await reported(poster);
        const busy = (100_000 * (until.cpuS - from.cpuS)) / (performance.now() - fromMs);
        acknowledgements.push(...sent);
        return { sent, busy, loopMs: until.loopMs };
      };
      const [result, posted] = await Promise.all([load(ready.resolve), post()]);
      return { result, ...posted };
    };
    const peakBeside = (some: readonly Notification[]) =>
      beside(some, (onReady) => answersPerSecond(server.url, seconds, { ...asking, onReady }));
    const measured: Round[] = [];
    const [first = [], ...later] = atPeak;
    let before = await peakBeside(first);
    for (const [round, notifications] of atLoad.entries()) {
      const offered = { perSecond: before.result * TIMES_PEAK, seconds, callers: CALLERS };
      const { result, sent, loopMs } = await beside(notifications, (onReady) =>
        openLoad(server.url, { ...offered, ...asking, onReady }),
      );
      const after = await peakBeside(later[round] ?? []);
      const peak = (before.result + after.result) / 2;
      const goodput = (100 * result.good.length) / result.tookS / peak;
      const busy = Math.min(before.busy, after.busy);
      measured.push({ peak, load: result, goodput, sent, loopMs, busy });
      before = after;
    }
    const acknowledged = acknowledgements.filter(({ status }) => isAcknowledged(status));
    const { lost, twice, wrong } = await checkLedger(
      database,
      acknowledged.map(({ notification }) => notification),
    );
    const sent = measured.flatMap((round) => round.sent);
    const [base, p99] = [p99Of(calm), p99Of(sent)];
    const ms = `${base.toFixed(1)} → ${p99.toFixed(1)} ms`;
    const size = `${rounds} × ${seconds} s of ${TIMES_PEAK} times the peak, queries of ${orders} orders, ${perSecond} webhooks/s, ${cores?.description ?? 'beside others'}`;
    return [
      ...rowsOf(measured, size, sizes),
      atLeast(
        'CPU time of the server at the peak, % of its core, least of the rounds',
        size,
        Math.min(...measured.map(({ busy }) => busy)),
        sizes.busy,
      ),
      atMost(
        'delay of the event loop, p99 (/metrics), longest of the rounds',
        size,
        Math.max(...measured.map(({ loopMs }) => loopMs)),
        GOAL_MS.loop * sizes.late,
        ' ms',
      ),
      atMost(
        `webhooks (G9): p99, times that without load (${ms})`,
        size,
        p99 / base,
        sizes.webhook,
      ),
      atMost(
        'webhooks (G9): slowest',
        size,
        Math.max(...sent.map((one) => one.ms)),
        GOAL_MS.notification,
        ' ms',
      ),
      all('webhooks (G9): acknowledged', size, acknowledged.length, acknowledgements.length),
      none('webhooks (G9): lost, applied twice or wrong', size, lost + twice + wrong),
    ];
  },
};

async function answersPerSecond(
  url: string,
  seconds: number,
  { onReady = () => {}, ...asking }: Pick<OpenLoadOptions, 'orders' | 'awake' | 'onReady'>,
): Promise<number> {
  const ready = Promise.withResolvers<void>();
  const queries = startQueries(url, LOOPS, { ...asking, onReady: ready.resolve });
  await ready.promise;
  onReady();
  await sleep(seconds * 1000);
  return (await queries.stop()).perSecond;
}

function rowsOf(rounds: readonly Round[], size: string, { goodput, late }: Sizes): readonly Row[] {
  const loads = rounds.map(({ load }) => load);
  const sum = (countOf: (load: OpenLoad) => number) =>
    loads.reduce((total, load) => total + countOf(load), 0);
  const asked = `${size}; ${sum(({ sent }) => sent)} sent, ${sum(({ unsent }) => unsent)} not, since too many waited`;
  const refused = `${sum((load) => load.refused.length)} refused`;
  const p99s = loads.map((load) => percentile(load.refused, 0.99));
  const goodputs = rounds.map((round) => round.goodput);
  const peak = Math.round(median(rounds.map((round) => round.peak)));
  return [
    atLeast(
      `goodput in % of the peak of ${peak}/s (median of the rounds: ${listed(goodputs)})`,
      asked,
      median(goodputs),
      goodput,
    ),
    atMost(
      'accepted: p99',
      asked,
      percentile(
        loads.flatMap(({ good }) => good),
        0.99,
      ),
      GOAL_MS.accepted * late,
      ' ms',
    ),
    atMost(
      `refused (503, 429): p99 (of the rounds: ${listed(p99s)})`,
      refused,
      percentile(
        loads.flatMap((load) => load.refused),
        0.99,
      ),
      GOAL_MS.refused * late,
      ' ms',
    ),
    none(
      'refused without Retry-After',
      refused,
      sum(({ bare }) => bare),
    ),
    none(
      'answered otherwise, or not at all',
      asked,
      sum(({ broken }) => broken),
    ),
    atMost(
      'lateness of the load generator, p99',
      asked,
      percentile(
        loads.flatMap(({ late: behind }) => behind),
        0.99,
      ),
      GOAL_MS.generator * late,
      ' ms',
    ),
  ];
}

function median(figures: readonly number[]): number {
  return percentile(figures, 0.5);
}

function listed(figures: readonly number[]): string {
  return figures.map((figure) => figure.toFixed(0)).join(', ');
}

const CPU = /^\w*process_cpu_seconds_total ([\d.e-]+)$/m;
const LOOP_DELAY = /^\w*event_?loop\w*(?:p99_seconds|\{quantile="0\.99"\}) ([\d.e-]+)$/m;

/** What the server reports of itself: its CPU time, and the delay since the last scrape. */
async function reported(poster: Poster) {
  const metrics = (await poster.text('/metrics').catch(() => undefined)) ?? '';
  const figure = (metric: RegExp) => Number(metric.exec(metrics)?.[1] ?? Number.NaN);
  return { cpuS: figure(CPU), loopMs: 1_000 * figure(LOOP_DELAY) };
}
