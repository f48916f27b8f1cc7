import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad, startUpstream, type UpstreamCounts } from './background-load.ts';
import { type Candidate, type RunningServer, startServer } from './candidates.ts';
import { KNOWN_ORDERS } from './load/lanes.ts';
import { type BackgroundLoad, measure, type Task } from './measure.ts';
import { makeMerchant, type Variables } from './work/merchant.ts';
import { isQuery, type Operation } from './work/requests.ts';

/** One merchant, one WeChat Pay, one load generator, and servers that are measured. */
export interface Runner extends AsyncDisposable, BackgroundLoad {
  readonly open: (candidate: Candidate, how?: Opening) => Promise<RunningServer>;
  /** `one`: servers on core 0, everything else on core 1; `two`: all on both. */
  readonly spread: (cores: 'one' | 'two') => void;
  readonly counts: () => Promise<UpstreamCounts>;
}

interface Opening {
  /** Prepares its empty directory before it starts. */
  readonly prepare?: (directory: string) => Promise<unknown>;
  /** Replace its usual variables. */
  readonly changes?: Variables;
}

export async function openRunner(): Promise<Runner> {
  await using stack = new AsyncDisposableStack();
  const merchant = makeMerchant();
  const root = await mkdtemp(join(tmpdir(), 'payafter-bench-'));
  const remove = () => rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  stack.defer(() => {
    remove();
    process.off('exit', remove);
  });
  const upstream = stack.use(await startUpstream(merchant, '0,1'));
  const load = stack.use(await startLoad('0,1'));
  const servers: RunningServer[] = [];
  const kept = stack.move();
  return {
    load,
    upstream,
    open: async (candidate, { prepare, changes } = {}) => {
      const directory = await mkdtemp(join(root, `${candidate.name}-`));
      await prepare?.(directory);
      const cores = '0,1' as const;
      const place = { merchant, upstreamUrl: upstream.url, directory, cores, changes };
      const server = kept.use(await startServer(candidate, place));
      servers.push(server);
      return server;
    },
    spread: (cores) => {
      for (const server of servers.filter(({ isRunning }) => isRunning())) {
        server.pin(cores === 'one' ? '0' : '0,1');
      }
      for (const child of [upstream, load]) {
        child.pin(cores === 'one' ? '1' : '0,1');
      }
    },
    counts: upstream.counts,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const LONGEST_WARM_MS = 30_000;
const WARM_CALLS = 3 * KNOWN_ORDERS;

/** What a server is warmed up with. */
const PAY_AFTER: readonly Operation[] = ['query', 'create'];

/**
 * Loads one server with the operations, for an equal share of the time each, until it has seen all of
 * the orders that are queried later.
 */
export async function warm(
  server: RunningServer,
  runner: Runner,
  seconds: number,
  operations = PAY_AFTER,
): Promise<void> {
  const share = { concurrency: 64, warmSeconds: 0.1, seconds: seconds / operations.length };
  for (const operation of operations) {
    if (isQuery(operation)) {
      await seeAll(server, runner, { operation, numbers: 'distinct', ...share });
    } else {
      await measure(server, runner, { operation, numbers: 'new', ...share });
    }
  }
  await sleep(100);
}

async function seeAll(server: RunningServer, runner: Runner, task: Task): Promise<void> {
  const late = performance.now() + LONGEST_WARM_MS;
  // The peers remember no orders.
  const calls = server.candidate.isOurs ? WARM_CALLS : 0;
  const before = (await runner.counts()).calls;
  do {
    await measure(server, runner, task);
  } while ((await runner.counts()).calls - before < calls && performance.now() < late);
}
