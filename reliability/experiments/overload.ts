import { setTimeout as sleep } from 'node:timers/promises';
import { all, atLeast, atMost, type Experiment, none, type Row } from '../experiment.ts';
import { ownCores } from '../support/cores.ts';
import { checkLedger } from '../support/ledger-check.ts';
import { type OpenLoad, openLoad, startQueries } from '../support/load-worker.ts';
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

/** Goodput in % of the peaks just before and after it, in one round. */
interface Round {
  readonly peak: number;
  readonly load: OpenLoad;
  readonly goodput: number;
  readonly loopMs: number;
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
    const calmNotifications = await batch(keys, 'C', perSecond * calmSeconds);
    await steady(poster, await batch(keys, 'W', perSecond), perSecond);
    const calm = await steady(poster, calmNotifications, perSecond);
    // An order that is seen for the first time is also recorded, once; and new code is slow.
    await answersPerSecond(server.url, warmSeconds, asking);
    const acknowledgements = [...calm];
    const sent: SentNotification[] = [];
    const beside = async <T>(name: string, load: () => Promise<T>): Promise<T> => {
      const some = await batch(keys, name, perSecond * seconds);
      const [result, answers] = await Promise.all([load(), steady(poster, some, perSecond)]);
      acknowledgements.push(...answers);
      return result;
    };
    const busy: number[] = [];
    const peakBeside = (name: string) =>
      beside(name, async () => {
        const [from, fromMs] = [await reported(poster), performance.now()];
        const answered = await answersPerSecond(server.url, seconds, asking);
        const ranS = (await reported(poster)).cpuS - from.cpuS;
        busy.push((100_000 * ranS) / (performance.now() - fromMs));
        return { answered, loopBeforeMs: from.loopMs };
      });
    const measured: Round[] = [];
    let before = (await peakBeside('P')).answered;
    for (let round = 0; round < rounds; round += 1) {
      const offered = { perSecond: before * TIMES_PEAK, seconds, callers: CALLERS, ...asking };
      const from = acknowledgements.length;
      const load = await beside(`L${round}`, () => openLoad(server.url, offered));
      sent.push(...acknowledgements.slice(from));
      const { answered: after, loopBeforeMs } = await peakBeside(`P${round}`);
      const peak = (before + after) / 2;
      const goodput = (100 * load.good.length) / load.tookS / peak;
      measured.push({ peak, load, goodput, loopMs: loopBeforeMs });
      before = after;
    }
    const acknowledged = acknowledgements.filter(({ status }) => isAcknowledged(status));
    const { lost, twice, wrong } = await checkLedger(
      database,
      acknowledged.map(({ notification }) => notification),
    );
    const [base, p99] = [p99Of(calm), p99Of(sent)];
    const ms = `${base.toFixed(1)} → ${p99.toFixed(1)} ms`;
    const size = `${rounds} × ${seconds} s of ${TIMES_PEAK} times the peak, queries of ${orders} orders, ${perSecond} webhooks/s, ${cores?.description ?? 'beside others'}`;
    return [
      ...rowsOf(measured, size, sizes),
      atLeast('CPU time of the server at the peak, % of its core', size, median(busy), sizes.busy),
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
  asking: { readonly orders: number; readonly awake: boolean },
): Promise<number> {
  const queries = startQueries(url, LOOPS, asking);
  await sleep(seconds * 1000);
  const { answered } = await queries.stop();
  return answered / seconds;
}

function rowsOf(rounds: readonly Round[], size: string, { goodput, late }: Sizes): readonly Row[] {
  const loads = rounds.map(({ load }) => load);
  const sum = (countOf: (load: OpenLoad) => number) =>
    loads.reduce((total, load) => total + countOf(load), 0);
  const asked = `${size}; ${sum(({ sent }) => sent)} sent, ${sum(({ unsent }) => unsent)} not, since too many waited`;
  const refused = `${sum((load) => load.refused.length)} refused`;
  const p99s = loads.map((load) => (load.refused.length ? percentile(load.refused, 0.99) : 0));
  const goodputs = rounds.map((round) => round.goodput);
  const peak = Math.round(median(rounds.map((round) => round.peak)));
  return [
    atLeast(
      `goodput in % of the peak of ${peak}/s (median of ${listed(goodputs)})`,
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
      `refused (503, 429): p99 (median of ${listed(p99s)})`,
      refused,
      median(p99s),
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

/** What the server reports of itself: its CPU time, and the delay since it was last asked. */
async function reported(poster: Poster) {
  const metrics = (await poster.text('/metrics').catch(() => undefined)) ?? '';
  const figure = (metric: RegExp) => Number(metric.exec(metrics)?.[1] ?? Number.NaN);
  return { cpuS: figure(CPU), loopMs: 1_000 * figure(LOOP_DELAY) };
}
