import { setTimeout as sleep } from 'node:timers/promises';
import type { Candidate, RunningServer } from './candidates.ts';
import { measure, SAMPLE_FIELDS, type Sample } from './measure.ts';
import { rssMb } from './process/usage.ts';
import { median } from './report/statistics.ts';
import { openRunner, type Runner, warm } from './runner.ts';
import type { Scenario } from './scenarios.ts';
import type { Sizes } from './sizes.ts';

/** The result of one scenario for one candidate: medians over the rounds. */
interface Result {
  readonly scenario: Scenario;
  readonly candidate: Candidate;
  readonly sample: Sample;
}

/** Resident memory in MB. */
interface Memory {
  readonly candidate: Candidate;
  /** Started, before the first request. */
  readonly atRest: number;
  readonly afterLoad: number;
  /** After a minute without requests. */
  readonly later: number;
}

export interface Comparison {
  readonly results: readonly Result[];
  readonly memory: readonly Memory[];
  /** Requests of all servers that WeChat Pay inspected, and that it would have refused. */
  readonly inspected: number;
  readonly bad: number;
  readonly faults: readonly string[];
}

/** All scenarios, all candidates in turn, round by round; medians. */
export async function compare(
  scenarios: readonly Scenario[],
  candidates: readonly Candidate[],
  sizes: Sizes,
  report: (line: string) => void,
): Promise<Comparison> {
  await using runner = await openRunner();
  const servers: RunningServer[] = [];
  const operations = [...new Set(scenarios.map(({ operation }) => operation))];
  const atRest = new Map<RunningServer, number>();
  runner.spread('one');
  for (const candidate of candidates) {
    const server = await runner.open(candidate);
    servers.push(server);
    runner.spread('one');
    atRest.set(server, rssMb(server.pid));
    report(`${candidate.title}: started in ${Math.round(server.startMs)} ms, warming up`);
    await warm(server, runner, sizes.warmSeconds, operations);
  }
  const samples = new Map<string, Sample[]>();
  for (const round of Array(sizes.rounds).keys()) {
    for (const scenario of scenarios) {
      report(`round ${round + 1} of ${sizes.rounds}: ${scenario.title}`);
      // Rotates, so that no candidate is always the first.
      for (const server of rotated(servers, round)) {
        const key = keyOf(scenario, server.candidate);
        const sample = await once(server, runner, scenario, sizes);
        samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
  }
  const { inspected, bad, faults } = await runner.counts();
  const afterLoad = new Map(servers.map((server) => [server, rssMb(server.pid)]));
  report(`resting for ${sizes.restSeconds} s`);
  await sleep(sizes.restSeconds * 1_000);
  const memory = servers.map((server) => ({
    candidate: server.candidate,
    atRest: atRest.get(server) ?? Number.NaN,
    afterLoad: afterLoad.get(server) ?? Number.NaN,
    later: rssMb(server.pid),
  }));
  const results = scenarios.flatMap((scenario) =>
    candidates.map((candidate) => {
      const taken = samples.get(keyOf(scenario, candidate)) ?? [];
      return { scenario, candidate, sample: middle(taken) };
    }),
  );
  return { results, memory, inspected, bad, faults };
}

/** Enough for an open loop whose server answers within a tenth of a second. */
const OPEN_CONNECTIONS = 64;

async function once(
  server: RunningServer,
  runner: Runner,
  { operation, numbers, load, cores, upstreamMs }: Scenario,
  { rewarmSeconds: warmSeconds, seconds, openSeconds }: Sizes,
): Promise<Sample> {
  runner.spread(cores);
  await runner.upstream.delay(upstreamMs);
  const what = { operation, numbers, warmSeconds };
  return 'perSecond' in load
    ? await measure(server, runner, {
        ...what,
        ...load,
        concurrency: OPEN_CONNECTIONS,
        seconds: openSeconds,
      })
    : await measure(server, runner, { ...what, concurrency: load.inFlight, seconds });
}

/** Each field's median over all samples. */
export function middle(samples: readonly Sample[]): Sample {
  const entries = SAMPLE_FIELDS.map((field) => [
    field,
    median(samples.map((sample) => sample[field])),
  ]);
  const fields: Record<(typeof SAMPLE_FIELDS)[number], number> = Object.fromEntries(entries);
  return fields;
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

function keyOf(scenario: Scenario, candidate: Candidate): string {
  return `${scenario.name} ${candidate.name}`;
}
