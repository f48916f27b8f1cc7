import { setTimeout as sleep } from 'node:timers/promises';
import { all, atLeast, atMost, type Experiment, none, type Row } from '../experiment.ts';
import { ownCores } from '../support/cores.ts';
import { checkLedger } from '../support/ledger-check.ts';
import { type OpenLoad, openLoad, startQueries } from '../support/load-worker.ts';
import type { Notification } from '../support/notifications.ts';
import { p99Of } from '../support/pace.ts';
import { setUp } from '../support/setup.ts';
import { percentile } from '../support/stats.ts';
import { batch, steady } from '../support/steady-notifications.ts';
import { isAcknowledged } from '../support/storm.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = {
  full: {
    seconds: 10,
    warmSeconds: 25,
    perSecond: 200,
    orders: 1_000,
    goodput: 90,
    webhook: 10,
    late: 1,
  },
  quick: {
    seconds: 2,
    warmSeconds: 2,
    perSecond: 20,
    orders: 10,
    goodput: 20,
    webhook: 200,
    late: 20,
  },
} as const;
const TIMES_PEAK = 3;
const LOOPS = 64;
const CALLERS = 1_500;
const GOAL_MS = { accepted: 1_000, refused: 50, loop: 100, notification: 5_000, generator: 10 };

/** Three times the queries that the server can handle, while notifications arrive. */
export const overload: Experiment = {
  goal: 'G16',
  name: 'overload',
  minutes: 1,
  run: async (scale, environment) => {
    const sizes = SIZES[scale];
    const { seconds, warmSeconds, perSecond, orders } = sizes;
    using cores = scale === 'full' ? ownCores() : undefined;
    await using setup = await setUp(environment, { connections: 64, within: cores?.within ?? [] });
    const { keys, database, server, poster } = setup;
    const [warm, calmNotifications, atPeak, notifications, afterwards] = [
      await batch(keys, 'W', perSecond),
      await batch(keys, 'C', perSecond * seconds),
      await batch(keys, 'P', perSecond * seconds),
      await batch(keys, 'L', perSecond * seconds),
      await batch(keys, 'A', perSecond * seconds),
    ];
    await steady(poster, warm, perSecond);
    const calm = await steady(poster, calmNotifications, perSecond);
    // An order that is seen for the first time is also recorded, once; and new code is slow.
    await answersPerSecond(server.url, { seconds: warmSeconds, orders });
    const peakBeside = async (some: readonly Notification[]) => {
      const beside = steady(poster, some, perSecond);
      const [answered] = await Promise.all([answersPerSecond(server.url, sizes), beside]);
      return answered;
    };
    const before = await peakBeside(atPeak);
    const offered = { perSecond: before * TIMES_PEAK, seconds, callers: CALLERS, orders };
    const [load, sent] = await Promise.all([
      openLoad(server.url, offered),
      steady(poster, notifications, perSecond),
    ]);
    // Measured again, because other processes may have taken more of the machine before.
    const peak = Math.max(before, await peakBeside(afterwards));
    const loopMs = await loopDelayMs(await poster.text('/metrics').catch(() => undefined));
    const acknowledged = [...calm, ...sent].filter(({ status }) => isAcknowledged(status));
    const { lost, twice, wrong } = await checkLedger(
      database,
      acknowledged.map(({ notification }) => notification),
    );
    const [base, p99] = [p99Of(calm), p99Of(sent)];
    const ms = `${base.toFixed(1)} → ${p99.toFixed(1)} ms`;
    const size = `${Math.round(before * TIMES_PEAK)} queries/s of ${orders} orders for ${seconds} s, ${perSecond} webhooks/s, ${cores?.description ?? 'beside others'}`;
    return [
      ...rowsOf(load, peak, size, sizes),
      atMost(
        'delay of the event loop, p99 (/metrics)',
        size,
        loopMs,
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
      all('webhooks (G9): acknowledged', size, acknowledged.length, calm.length + sent.length),
      none('webhooks (G9): lost, applied twice or wrong', size, lost + twice + wrong),
    ];
  },
};

async function answersPerSecond(
  url: string,
  { seconds, orders }: { readonly seconds: number; readonly orders: number },
): Promise<number> {
  const queries = startQueries(url, LOOPS, orders);
  await sleep(seconds * 1000);
  const { answered } = await queries.stop();
  return answered / seconds;
}

function rowsOf(
  { sent, unsent, good, refused, bare, broken, late: behind, tookS }: OpenLoad,
  peak: number,
  size: string,
  { goodput, late }: { readonly goodput: number; readonly late: number },
): readonly Row[] {
  const asked = `${size}; ${sent} sent, ${unsent} not, since too many waited`;
  const perSecond = good.length / tookS;
  const [base, now] = [Math.round(peak), Math.round(perSecond)];
  return [
    atLeast(`goodput in % of peak (${base} → ${now}/s)`, asked, (100 * perSecond) / peak, goodput),
    atMost('accepted: p99', asked, percentile(good, 0.99), GOAL_MS.accepted * late, ' ms'),
    {
      ...atMost(
        'refused (503, 429): p99',
        asked,
        refused.length === 0 ? 0 : percentile(refused, 0.99),
        GOAL_MS.refused * late,
        ' ms',
      ),
      size: `${refused.length} refused`,
    },
    none('refused without Retry-After', `${refused.length} refused`, bare),
    none('answered otherwise, or not at all', asked, broken),
    atMost(
      'lateness of the load generator, p99',
      asked,
      percentile(behind, 0.99),
      GOAL_MS.generator * late,
      ' ms',
    ),
  ];
}

/** The 99th percentile that the server reports of itself; NaN if it does not. */
function loopDelayMs(metrics: string | undefined): number {
  const [, seconds] =
    /^\w*event_?loop\w*(?:p99_seconds|\{quantile="0\.99"\}) ([\d.e-]+)$/m.exec(metrics ?? '') ?? [];
  return Number(seconds ?? Number.NaN) * 1000;
}
