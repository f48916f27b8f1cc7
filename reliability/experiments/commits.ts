import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type OpenLedger, openLedger } from '../../src/ledger/open-ledger.ts';
import { atLeast, atMost, type Experiment } from '../experiment.ts';

const SIZES = { full: { writes: 20_000, goal: 50 }, quick: { writes: 1_000, goal: 500 } } as const;
const AT_ONCE = 64;
/** Fewer than fill the write-ahead log, which then restarts: its commits can be counted. */
const COUNTED = 192;
/** The resolution of the histogram of delays. */
const RESOLUTION_MS = 5;

/** Durable writes to SQLite that arrive together share a commit, and do not block the event loop. */
export const commits: Experiment = {
  goal: 'G9',
  name: 'commits',
  minutes: 1,
  run: async (scale, environment) => {
    const { writes, goal } = SIZES[scale];
    await using directory = await environment.workdir();
    const file = join(directory.path, 'ledger.db');
    const ledger = await openLedger({
      databaseUrl: `sqlite:${file}`,
      dataKey: new Uint8Array(32),
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    const before = await commitsIn(file);
    await all(ledger, 'C', COUNTED);
    const shared = COUNTED / ((await commitsIn(file)) - before);
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const start = performance.now();
    await all(ledger, 'N', writes);
    const perSecond = Math.round(writes / ((performance.now() - start) / 1_000));
    delay.disable();
    await ledger.close();
    const counted = `${COUNTED} writes, ${AT_ONCE} concurrent, SQLite, synchronous=FULL`;
    const size = `${writes} writes, ${AT_ONCE} concurrent, SQLite, synchronous=FULL, ${perSecond}/s`;
    const p99 = delay.percentile(99) / 1e6 - RESOLUTION_MS;
    return [
      atLeast('writes that share one fsync', counted, Math.round(shared * 10) / 10, 10),
      atMost('delay of the event loop, p99 in ms', size, p99, goal),
    ];
  },
};

/** Writes notifications with the given concurrency. */
async function all(ledger: OpenLedger, prefix: string, writes: number): Promise<void> {
  const lane = async (first: number) => {
    for (let index = first; index < writes; index += AT_ONCE) {
      await ledger.saveNotification({
        id: `${prefix}${index}`,
        eventType: 'PAYSCORE.USER_PAID',
        product: 'PAY_AFTER',
        outOrderNo: `O${index}`,
        payload: 'x'.repeat(700),
        contradiction: null,
        observation: null,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => lane(first)));
}

const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** The commits in the write-ahead log of a file: the last frame of each has the size of the database. */
async function commitsIn(file: string): Promise<number> {
  const wal = await readFile(`${file}-wal`);
  const frame = FRAME_HEADER + wal.readUInt32BE(8);
  let commits = 0;
  for (let offset = WAL_HEADER; offset + frame <= wal.length; offset += frame) {
    commits += wal.readUInt32BE(offset + 4) > 0 ? 1 : 0;
  }
  return commits;
}
