import type { Comparison } from '../compare.ts';
import type { Sample } from '../measure.ts';
import type { ScenarioName } from '../scenarios.ts';
import { type Faced, faced, lowest, ms, percent, ratio, timesBest, whole } from './figures.ts';

/** A target and its result. */
export interface Goal {
  readonly what: string;
  readonly bestPeer: string;
  readonly target: string;
  readonly ours: string;
  readonly reached: boolean;
}

/** The goals whose scenarios have run. */
export function goalsOf(comparison: Comparison): readonly Goal[] {
  const ofScenario = (
    name: ScenarioName,
    ...goals: readonly ((both: Faced) => Goal | undefined)[]
  ): readonly Goal[] => {
    const both = faced(comparison, name);
    return both === undefined ? [] : goals.flatMap((goal) => goal(both) ?? []);
  };
  return [
    ...ofScenario(
      'query-1',
      throughput('query, 1 in flight', 1),
      latency('query, 1 in flight', 'p50Ms', 1),
    ),
    ...ofScenario('query-8', throughput('query, 8 in flight', 1.3)),
    ...ofScenario(
      'create-1',
      latency('create, 1 in flight', 'p50Ms', 1, 'memory'),
      latency('create, 1 in flight', 'p50Ms', 0.9, 'disk'),
    ),
    ...ofScenario(
      'create-8',
      throughput('create, 8 in flight', 1.2),
      latency('create, 8 in flight', 'p50Ms', 0.9),
    ),
    ...ofScenario('query-one-core', throughput('query, 64 in flight, one core', 1.3)),
    ...ofScenario('create-one-core', throughput('create, 64 in flight, one core', 1.4)),
    ...ofScenario('query-two-cores', throughput('query, 64 in flight, two cores', 1.6)),
    ...ofScenario('create-two-cores', throughput('create, 64 in flight, two cores', 1.8)),
    ...ofScenario('query-400-per-second', latency('query, open loop 400/s', 'p99Ms', 1)),
    ...ofScenario('create-400-per-second', latency('create, open loop 400/s', 'p99Ms', 1)),
    ...ofScenario(
      'service-query-1',
      throughput('service order query, 1 in flight', 1),
      latency('service order query, 1 in flight', 'p50Ms', 1),
    ),
    ...ofScenario(
      'service-create-1',
      latency('service order create, 1 in flight', 'p50Ms', 1, 'memory'),
      latency('service order create, 1 in flight', 'p50Ms', 0.9, 'disk'),
    ),
    ...ofScenario(
      'service-query-one-core',
      throughput('service order query, 64 in flight, one core', 1.3),
    ),
    ...ofScenario(
      'service-create-one-core',
      throughput('service order create, 64 in flight, one core', 1.4),
    ),
    ...ofScenario('one-order', oneOrder),
    ...loopDelay(comparison),
    ...memory(comparison),
  ];
}

/** @param least of our throughput to the best peer's */
function throughput(what: string, least: number): (both: Faced) => Goal {
  return (both) => {
    const times = timesBest(both);
    return {
      what: `${what}: throughput`,
      bestPeer: `${whole(both.ours.perSecond / times)} op/s`,
      target: `≥ ${least} ×`,
      ours: `**${ratio(times)}**, ${whole(both.ours.perSecond)} op/s`,
      reached: times >= least,
    };
  };
}

/**
 * @param most of our latency to the best peer's
 * @param beside the peers that keep nothing, or those that commit their intents to a disk, as ours does
 */
function latency(
  what: string,
  field: keyof Sample & ('p50Ms' | 'p99Ms'),
  most: number,
  beside?: 'memory' | 'disk',
): (both: Faced) => Goal | undefined {
  return ({ ours, peers }) => {
    const those = peers.filter(
      ({ isDurable }) => beside === undefined || isDurable === (beside === 'disk'),
    );
    if (those.length === 0) {
      return undefined;
    }
    const best = lowest({ ours, peers: those }, field);
    const times = ours[field] / best;
    const kind = { memory: ', beside peers without a disk', disk: ', beside the peer with one' };
    return {
      what: `${what}: ${field === 'p50Ms' ? 'p50' : 'p99'}${beside === undefined ? '' : kind[beside]}`,
      bestPeer: ms(best),
      target: `≤ ${most} ×`,
      ours: `**${ratio(times)}**, ${ms(ours[field])}`,
      reached: times <= most,
    };
  };
}

function oneOrder(both: Faced): Goal {
  const times = timesBest(both);
  return {
    what: '64 pollers of one order',
    bestPeer: `${whole(both.ours.perSecond / times)} op/s, ${percent(lowest(both, 'upstreamCalls'))} reach WeChat Pay`,
    target: '≥ 4 × the best peer, and ≤ 2 % of the calls reach WeChat Pay',
    ours: `**${ratio(times)}**, ${percent(both.ours.upstreamCalls)} reach it`,
    reached: times >= 4 && both.ours.upstreamCalls <= 0.02,
  };
}

const LOOP_DELAY_MS = 10;

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
      what: 'event-loop delay p99 at 64 in flight',
      bestPeer: ms(peer),
      target: `≤ ${LOOP_DELAY_MS} ms`,
      ours: `**${ms(ours)}**`,
      reached: ours <= LOOP_DELAY_MS,
    },
  ];
}

/** In MB. */
const MEMORY = { afterLoad: 240, atRest: 160 } as const;

function memory({ memory: each }: Comparison): readonly Goal[] {
  const ours = each.find(({ candidate }) => candidate.isOurs);
  const peers = each.filter(({ candidate }) => !candidate.isOurs);
  if (ours === undefined || peers.length === 0) {
    return [];
  }
  const goal = (what: string, at: 'afterLoad' | 'atRest'): Goal => ({
    what: `resident memory ${what}`,
    bestPeer: `${whole(Math.min(...peers.map((peer) => peer[at])))} MB`,
    target: `≤ ${MEMORY[at]} MB`,
    ours: `**${whole(ours[at])} MB**`,
    reached: ours[at] <= MEMORY[at],
  });
  return [goal('after the whole run', 'afterLoad'), goal('at rest', 'atRest')];
}
