import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { all, atMost, type Experiment, none } from '../experiment.ts';
import { sqliteDatabase } from '../support/databases.ts';
import { at } from '../support/json.ts';
import { makeNotices, type Notice } from '../support/notices.ts';
import { atPace, p99Of } from '../support/pace.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { startServer } from '../support/server.ts';
import { isAcknowledged } from '../support/storm.ts';
import { judge } from '../support/verdict.ts';
import { makeWechatKeys, type WechatKeys } from '../support/wechat-keys.ts';
import { startWechatStub } from '../support/wechat-stub.ts';

/** Quick ones share the machine with others: there times prove little. */
const SIZES = { full: { seconds: 20, goal: 10 }, quick: { seconds: 2, goal: 50 } } as const;
const PER_SECOND = 200;
const LOOPS = 32;
const CONNECTIONS = 64;

/** Notices come in at a steady pace while queries take all the rest of the server. */
export const load: Experiment = {
  goal: 'G9',
  name: 'load',
  minutes: 1,
  run: async (scale, stage) => {
    const { seconds, goal } = SIZES[scale];
    const keys = makeWechatKeys();
    await using directory = await stage.workdir();
    await using stub = await startWechatStub(keys);
    const database = sqliteDatabase(join(directory.path, 'ledger.db'));
    await using server = await startServer(directory, {
      ...keys.variables,
      WECHAT_BASE_URL: stub.url,
      DATABASE_URL: database.url,
    });
    await using poster = createPoster(server.url, CONNECTIONS);
    stub.states.set('ASKED', 'USER_PAID');
    await steady(poster, await batch(keys, 'W', 1));

    const calm = await steady(poster, await batch(keys, 'C', seconds));
    const notices = await batch(keys, 'L', seconds);
    const queries = await startQueries(server.url);
    await sleep(500);
    const loaded = await steady(poster, notices);
    const { answered, failed } = await queries.stop();

    const sent = [...calm, ...loaded];
    const acknowledged = sent.filter(({ status }) => isAcknowledged(status));
    const { lost, twice, wrong } = await judge(
      database,
      acknowledged.map(({ notice }) => notice),
    );
    const perSecond = Math.round(answered / (seconds + 0.5));
    const size = `${PER_SECOND} notices/s for ${seconds} s, ${perSecond} queries/s of ${LOOPS} loops`;
    const [base, p99] = [p99Of(calm), p99Of(loaded)];
    const times = `${base.toFixed(1)} → ${p99.toFixed(1)} ms`;
    return [
      atMost(`acknowledgement p99, times that without load (${times})`, size, p99 / base, goal),
      all('notices acknowledged', size, acknowledged.length, sent.length),
      none('acknowledged notices lost', size, lost),
      none('order states applied twice, or wrong', size, twice + wrong),
      none('queries failed', size, failed),
    ];
  },
};

interface Sent {
  readonly notice: Notice;
  readonly status: number;
  readonly ms: number;
}

async function steady(poster: Poster, notices: readonly Notice[]): Promise<readonly Sent[]> {
  return await atPace(notices, PER_SECOND, async (notice) => {
    const startMs = performance.now();
    const status = await poster.notice(notice);
    return { notice, status, ms: performance.now() - startMs };
  });
}

/** Each of an order of its own, for so many seconds. */
async function batch(keys: WechatKeys, name: string, seconds: number): Promise<readonly Notice[]> {
  const half = (seconds * PER_SECOND) / 2;
  return await makeNotices(
    keys,
    Array.from({ length: half }, (_, index) => `${name}${index}`),
  );
}

interface Queries {
  readonly stop: () => Promise<{ readonly answered: number; readonly failed: number }>;
}

/** In a thread of their own, so that they delay the server and not the clock of the notices. */
function startQueries(url: string): Queries {
  const worker = new Worker(new URL('../support/query-loops.ts', import.meta.url), {
    workerData: { url, loops: LOOPS },
  });
  const counted = new Promise<{ answered: number; failed: number }>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (counts: unknown) => {
      const [answered, failed] = [Number(at(counts, 'answered')), Number(at(counts, 'failed'))];
      resolve({ answered, failed });
    });
  });
  return {
    stop: async () => {
      worker.postMessage('stop');
      const counts = await counted;
      await worker.terminate();
      return counts;
    },
  };
}
