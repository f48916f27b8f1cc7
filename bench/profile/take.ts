import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OURS } from '../candidates.ts';
import { measure, type Sample } from '../measure.ts';
import { openRunner, warm } from '../runner.ts';
import type { Sizes } from '../sizes.ts';
import type { Operation } from '../work/requests.ts';
import { type Breakdown, readProfile } from './read.ts';

/** The CPU time of an operation by category. */
export interface Profiled {
  readonly operation: Operation;
  /** Measured without the profiler: the base of the shares. */
  readonly sample: Sample;
  readonly breakdown: Breakdown;
}

const TOP = 25;

/** CPU profiles of our server under queries and creates, 64 in flight on both cores. */
export async function takeProfiles(
  sizes: Sizes,
  report: (line: string) => void,
): Promise<readonly Profiled[]> {
  await using runner = await openRunner();
  await using directory = await temporary();
  const server = await runner.open(OURS);
  report('warming up');
  await warm(server, runner, sizes.warmSeconds);
  const profiled: Profiled[] = [];
  for (const operation of ['query', 'create'] as const) {
    report(`profile of ${operation}`);
    const numbers = operation === 'query' ? 'distinct' : 'new';
    const { rewarmSeconds: warmSeconds, seconds } = sizes;
    const task = { operation, numbers, concurrency: 64, warmSeconds, seconds } as const;
    const sample = await measure(server, runner, task);
    const file = join(directory.path, `${operation}.cpuprofile`);
    await measure(server, runner, task, {
      from: () => server.ask({ ask: 'profile' }),
      to: () => server.ask({ ask: 'profiled', file }),
    });
    const profile: Profiler.Profile = JSON.parse(await readFile(file, 'utf8'));
    profiled.push({ operation, sample, breakdown: readProfile(profile, TOP) });
  }
  return profiled;
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'payafter-profile-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
