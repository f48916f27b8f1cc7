import type { Comparison } from '../compare.ts';
import { faced, lowest, ms, percent, ratio, timesBest, us, whole } from './figures.ts';

/** A target and its result. */
export interface Goal {
  readonly what: string;
  readonly bestPeer: string;
  readonly floor: string;
  readonly target: string;
  readonly ours: string;
  readonly reached: boolean;
}

/** What the protocol itself costs on one core: signing and verifying, and four encryptions. */
const FLOOR = { query: '280 µs', create: '373 µs' };

/** The goals whose scenarios have run. */
export function goalsOf(comparison: Comparison): readonly Goal[] {
  return [
    ...oneCore(comparison, 'query', { us: 550, times: 2, later: 450 }),
    ...oneCore(comparison, 'create', { us: 750, times: 1.7, later: 600 }),
    ...twoCores(comparison),
    ...distant(comparison),
    ...oneOrder(comparison),
    ...loopDelay(comparison),
    ...memory(comparison),
  ];
}

function oneCore(
  comparison: Comparison,
  operation: 'query' | 'create',
  target: { readonly us: number; readonly times: number; readonly later: number },
): readonly Goal[] {
  const both = faced(comparison, `${operation}-one-core`);
  if (both === undefined) {
    return [];
  }
  const { ours } = both;
  const times = timesBest(both);
  const durable = operation === 'create' ? ' (durable intent included)' : '';
  return [
    {
      what: `${operation}, one core, CPU per operation${durable}`,
      bestPeer: us(lowest(both, 'cpuUs')),
      floor: FLOOR[operation],
      target: `≤ ${target.us} µs and ≥ ${target.times} × the best peer's throughput; then ≤ ${target.later} µs`,
      ours: `**${ratio(times)}**, ${us(ours.cpuUs)}`,
      reached: ours.cpuUs <= target.us && times >= target.times,
    },
  ];
}

function twoCores(comparison: Comparison): readonly Goal[] {
  const both = faced(comparison, 'query-two-cores');
  const times = both && timesBest(both);
  return both === undefined || times === undefined
    ? []
    : [
        {
          what: 'query, two cores, throughput',
          bestPeer: `${whole(both.ours.perSecond / times)} op/s`,
          floor: '–',
          target: '≥ 2 × the best peer',
          ours: `**${ratio(times)}**, ${whole(both.ours.perSecond)} op/s`,
          reached: times >= 2,
        },
      ];
}

function distant(comparison: Comparison): readonly Goal[] {
  const both = faced(comparison, 'query-80ms');
  const times = both && timesBest(both);
  return both === undefined || times === undefined
    ? []
    : [
        {
          what: 'query, p99 at 80 ms upstream, 256 in flight',
          bestPeer: ms(lowest(both, 'p99Ms')),
          floor: '80 ms',
          target: "≤ 300 ms at a throughput above every peer's",
          ours: `**${ms(both.ours.p99Ms)}** at ${ratio(times)} the throughput`,
          reached: both.ours.p99Ms <= 300 && times > 1,
        },
      ];
}

function oneOrder(comparison: Comparison): readonly Goal[] {
  const both = faced(comparison, 'one-order');
  const times = both && timesBest(both);
  return both === undefined || times === undefined
    ? []
    : [
        {
          what: '64 pollers of one order',
          bestPeer: `${whole(both.ours.perSecond / times)} op/s, ${percent(lowest(both, 'upstreamCalls'))} reach WeChat Pay`,
          floor: '–',
          target: '≥ 3.5 × the best peer, and ≤ 2 % of the calls reach WeChat Pay',
          ours: `**${ratio(times)}**, ${percent(both.ours.upstreamCalls)} reach it`,
          reached: times >= 3.5 && both.ours.upstreamCalls <= 0.02,
        },
      ];
}

/** The worst of the scenarios with 64 requests in flight on both cores. */
function loopDelay(comparison: Comparison): readonly Goal[] {
  const all = (['query-two-cores', 'create-two-cores'] as const).flatMap(
    (name) => faced(comparison, name) ?? [],
  );
  if (all.length === 0) {
    return [];
  }
  const ours = Math.max(...all.map((both) => both.ours.loopDelayP99Ms));
  const peer = Math.max(...all.map((both) => lowest(both, 'loopDelayP99Ms')));
  return [
    {
      what: 'event-loop delay p99 under full load',
      bestPeer: ms(peer),
      floor: '1 ms',
      target: '≤ 8 ms',
      ours: `**${ms(ours)}**`,
      reached: ours <= 8,
    },
  ];
}

/** At the end of the last scenario. */
function memory({ results }: Comparison): readonly Goal[] {
  const last = new Map(results.map(({ candidate, sample }) => [candidate, sample.rssMb]));
  const of = (isOurs: boolean) =>
    [...last].filter(([candidate]) => candidate.isOurs === isOurs).map(([, rss]) => rss);
  const [ours] = of(true);
  const peer = Math.min(...of(false));
  return ours === undefined || !Number.isFinite(peer)
    ? []
    : [
        {
          what: 'resident memory after the whole run',
          bestPeer: `${whole(peer)} MB`,
          floor: '–',
          target: "≤ the best peer's",
          ours: `**${ratio(ours / peer)}**, ${whole(ours)} MB`,
          reached: ours <= peer,
        },
      ];
}
