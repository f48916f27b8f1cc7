import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad, startUpstream, type UpstreamCounts } from './bystanders.ts';
import { type Contender, type RunningServer, startServer } from './contenders.ts';
import { KNOWN_ORDERS } from './load/lanes.ts';
import { type Bystanders, measure } from './measure.ts';
import { makeMerchant, type Variables } from './work/merchant.ts';

/** One merchant, one WeChat Pay, one load generator, and servers that are measured. */
export interface Hall extends AsyncDisposable, Bystanders {
  readonly open: (contender: Contender, how?: Opening) => Promise<RunningServer>;
  /** `one`: servers on core 0, everything else on core 1; `two`: all on both. */
  readonly spread: (cores: 'one' | 'two') => void;
  readonly counts: () => Promise<UpstreamCounts>;
}

interface Opening {
  /** Does something to its empty directory before it starts. */
  readonly prepare?: (directory: string) => Promise<unknown>;
  /** Instead of its usual variables. */
  readonly changes?: Variables;
}

export async function openHall(): Promise<Hall> {
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
    open: async (contender, { prepare, changes } = {}) => {
      const directory = await mkdtemp(join(root, `${contender.name}-`));
      await prepare?.(directory);
      const cores = '0,1' as const;
      const place = { merchant, upstreamUrl: upstream.url, directory, cores, changes };
      const server = kept.use(await startServer(contender, place));
      servers.push(server);
      return server;
    },
    spread: (cores) => {
      for (const server of servers.filter(({ isRunning }) => isRunning())) {
        server.pin(cores === 'one' ? '0' : '0,1');
      }
      for (const bystander of [upstream, load]) {
        bystander.pin(cores === 'one' ? '1' : '0,1');
      }
    },
    counts: upstream.counts,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const LONGEST_WARM_MS = 30_000;
const WARM_CALLS = 3 * KNOWN_ORDERS;

/**
 * Loads a server alone with queries and creates, for half the time each, and until it has seen all
 * of the orders that are asked for later.
 */
export async function warm(server: RunningServer, hall: Hall, seconds: number): Promise<void> {
  const half = { concurrency: 64, warmSeconds: 0.1, seconds: seconds / 2 };
  const late = performance.now() + LONGEST_WARM_MS;
  // The peers remember no orders.
  const calls = server.contender.isOurs ? WARM_CALLS : 0;
  const before = (await hall.counts()).calls;
  do {
    await measure(server, hall, { operation: 'query', numbers: 'distinct', ...half });
  } while ((await hall.counts()).calls - before < calls && performance.now() < late);
  await measure(server, hall, { operation: 'create', numbers: 'new', ...half });
  await sleep(100);
}
