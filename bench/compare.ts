import type { Contender, RunningServer } from './contenders.ts';
import { type Hall, openHall, warm } from './hall.ts';
import { measure, SAMPLE_FIELDS, type Sample } from './measure.ts';
import { median } from './report/statistics.ts';
import type { Scenario } from './scenarios.ts';
import type { Sizes } from './sizes.ts';

/** What came of one scenario, for one contender: medians over the rounds. */
interface Result {
  readonly scenario: Scenario;
  readonly contender: Contender;
  readonly sample: Sample;
}

export interface Comparison {
  readonly results: readonly Result[];
  /** Requests of all servers that WeChat Pay looked into, and that it would have refused. */
  readonly inspected: number;
  readonly bad: number;
  readonly faults: readonly string[];
}

/** All scenarios, all contenders in turn, round by round; medians. */
export async function compare(
  scenarios: readonly Scenario[],
  contenders: readonly Contender[],
  sizes: Sizes,
  tell: (line: string) => void,
): Promise<Comparison> {
  await using hall = await openHall();
  const servers: RunningServer[] = [];
  hall.spread('one');
  for (const contender of contenders) {
    const server = await hall.open(contender);
    servers.push(server);
    hall.spread('one');
    tell(`${contender.title}: started in ${Math.round(server.startMs)} ms, warming up`);
    await warm(server, hall, sizes.warmSeconds);
  }
  const samples = new Map<string, Sample[]>();
  for (const round of Array(sizes.rounds).keys()) {
    for (const scenario of scenarios) {
      tell(`round ${round + 1} of ${sizes.rounds}: ${scenario.title}`);
      // Nobody is always the first.
      for (const server of rotated(servers, round)) {
        const key = keyOf(scenario, server.contender);
        const sample = await once(server, hall, scenario, sizes);
        samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
  }
  const { inspected, bad, faults } = await hall.counts();
  const results = scenarios.flatMap((scenario) =>
    contenders.map((contender) => {
      const taken = samples.get(keyOf(scenario, contender)) ?? [];
      return { scenario, contender, sample: middle(taken) };
    }),
  );
  return { results, inspected, bad, faults };
}

async function once(
  server: RunningServer,
  hall: Hall,
  { operation, numbers, concurrency, cores, upstreamMs }: Scenario,
  { rewarmSeconds: warmSeconds, seconds }: Sizes,
): Promise<Sample> {
  hall.spread(cores);
  await hall.upstream.delay(upstreamMs);
  return await measure(server, hall, { operation, numbers, concurrency, warmSeconds, seconds });
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

function keyOf(scenario: Scenario, contender: Contender): string {
  return `${scenario.name} ${contender.name}`;
}
