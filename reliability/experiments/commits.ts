import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Kysely } from 'kysely';
import { createGroupCommit, type Writer } from '../../src/ledger/database/group-commit.ts';
import { migrate } from '../../src/ledger/database/migrations.ts';
import { sqliteDialect } from '../../src/ledger/database/sqlite.ts';
import type { Tables } from '../../src/ledger/database/tables.ts';
import { atLeast, atMost, type Experiment } from '../experiment.ts';

const SIZES = { full: { writes: 20_000, goal: 50 }, quick: { writes: 1_000, goal: 500 } } as const;
const AT_ONCE = 64;
/** How finely the delay of the event loop is looked at. */
const RESOLUTION_MS = 5;

/** Durable writes to SQLite that wait together share a commit, and the event loop turns in between. */
export const commits: Experiment = {
  goal: 'G9',
  name: 'commits',
  minutes: 1,
  run: async (scale, stage) => {
    const { writes, goal } = SIZES[scale];
    await using directory = await stage.workdir();
    const db = new Kysely<Tables>({ dialect: sqliteDialect(join(directory.path, 'ledger.db')) });
    await db.transaction().execute(migrate);
    let groups = 0;
    const writer = createGroupCommit(db, () => {
      groups += 1;
      return Promise.resolve();
    });
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const start = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => lanes(writer, lane, writes)));
    const perSecond = Math.round(writes / ((performance.now() - start) / 1_000));
    delay.disable();
    await db.destroy();
    const size = `${writes} writes, ${AT_ONCE} at once, SQLite, synchronous=FULL, ${perSecond}/s`;
    const p99 = delay.percentile(99) / 1e6 - RESOLUTION_MS;
    return [
      atLeast('writes that share one fsync', size, writes / groups, 10),
      atMost('delay of the event loop, p99 in ms', size, p99, goal),
    ];
  },
};

async function lanes(writer: Writer, lane: number, writes: number): Promise<void> {
  for (let index = lane; index < writes; index += AT_ONCE) {
    await writer.write((tx) =>
      tx
        .insertInto('notices')
        .values({
          id: `N${index}`,
          event_type: 'PAYSCORE.USER_PAID',
          out_order_no: `O${index}`,
          outcome: 'kept',
          reason: null,
          payload: 'x'.repeat(1_000),
          received_at: index,
        })
        .execute(),
    );
  }
}
