import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Experiment, none, type Row } from '../experiment.ts';
import { type Database, sqliteDatabase } from '../support/databases.ts';
import { checkLedger, type LedgerCheck } from '../support/ledger-check.ts';
import { makeNotifications, type Notification, signed } from '../support/notifications.ts';
import { createPoster } from '../support/post.ts';
import { type Server, startServer, type Variables } from '../support/server.ts';
import { between } from '../support/stats.ts';
import { isAcknowledged, storm } from '../support/storm.ts';
import { makeWechatKeys, type WechatKeys } from '../support/wechat-keys.ts';
import { startWechatStub } from '../support/wechat-stub.ts';
import type { Workdir } from '../support/workdir.ts';

const SIZES = {
  full: { sqlite: 70, postgres: 30, orders: 500, acknowledged: [50, 800] },
  quick: { sqlite: 1, postgres: 1, orders: 150, acknowledged: [20, 200] },
} as const;
const SENDERS = 32;

/**
 * kill -9 in the middle of a storm of notifications: what was acknowledged is stored exactly once.
 */
export const kill9: Experiment = {
  goal: 'G8',
  name: 'kill9',
  minutes: 5,
  run: async (scale, environment) => {
    const size = SIZES[scale];
    await using directory = await environment.workdir();
    const file = sqliteDatabase(join(directory.path, 'ledger.db'));
    const onFile = await manyRounds(file, directory, { ...size, rounds: size.sqlite });
    const postgres = await environment.postgres();
    const shared = await postgres.create('kill9');
    const onServer = await manyRounds(shared, directory, { ...size, rounds: size.postgres });
    return [...rowsOf('SQLite', onFile), ...rowsOf('PostgreSQL', onServer)];
  },
};

interface Size {
  readonly rounds: number;
  readonly orders: number;
  readonly acknowledged: readonly [number, number];
}

interface Outcome extends LedgerCheck {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Sent, but the kill came before the response. */
  readonly cutOff: number;
}

async function manyRounds(database: Database, cwd: Workdir, size: Size): Promise<Outcome> {
  const keys = makeWechatKeys();
  await using stub = await startWechatStub(keys);
  const variables = {
    ...keys.variables,
    WECHAT_BASE_URL: stub.url,
    DATABASE_URL: database.url,
  };
  const acknowledged: Notification[] = [];
  let waiting: readonly Notification[] = [];
  let cutOff = 0;
  let lostMeanwhile = 0;
  for (let round = 0; round < size.rounds; round += 1) {
    const start = await startRound(keys, { cwd, variables, round, orders: size.orders, waiting });
    await using server = start.server;
    lostMeanwhile += (await checkLedger(database, acknowledged)).lost;
    const taken = await killMidway(server, start.notifications, between(...size.acknowledged));
    const ids = new Set(taken.map(({ id }) => id));
    acknowledged.push(...taken);
    waiting = start.notifications.filter(({ id }) => !ids.has(id)).slice(0, SENDERS * 4);
    cutOff += Math.min(SENDERS, waiting.length);
  }
  await using server = await startServer(cwd, variables);
  await using poster = createPoster(server.url, SENDERS);
  const rest = await Promise.all(waiting.map((notification) => signed(keys, notification)));
  await storm(poster, rest, {
    senders: SENDERS,
    onAnswer: (notification, status) => {
      acknowledged.push(...(isAcknowledged(status) ? [notification] : []));
      return true;
    },
  });
  const check = await checkLedger(database, acknowledged);
  return {
    ...check,
    lost: Math.max(check.lost, lostMeanwhile),
    rounds: size.rounds,
    acknowledged: acknowledged.length,
    cutOff,
  };
}

interface Start {
  readonly cwd: Workdir;
  readonly variables: Variables;
  readonly round: number;
  readonly orders: number;
  /** What was not acknowledged before is sent again first. */
  readonly waiting: readonly Notification[];
}

async function startRound(keys: WechatKeys, { cwd, variables, round, orders, waiting }: Start) {
  const numbers = Array.from({ length: orders }, (_, index) => `K${round}-${index}`);
  const [server, again, fresh] = await Promise.all([
    startServer(cwd, variables),
    Promise.all(waiting.map((notification) => signed(keys, notification))),
    makeNotifications(keys, numbers),
  ]);
  return { server, notifications: [...again, ...fresh] };
}

/** Returns what was acknowledged before the kill. */
async function killMidway(
  server: Server,
  notifications: readonly Notification[],
  afterSoMany: number,
): Promise<readonly Notification[]> {
  await using poster = createPoster(server.url, SENDERS);
  const acknowledged: Notification[] = [];
  let killed: Promise<void> | undefined;
  await storm(poster, notifications, {
    senders: SENDERS,
    onAnswer: (notification, status) => {
      if (isAcknowledged(status)) {
        acknowledged.push(notification);
      }
      if (acknowledged.length >= afterSoMany) {
        // Not only right after a commit, but anywhere in the next ones, too.
        killed ??= sleep(between(0, 15)).then(server.kill);
      }
      return server.isRunning();
    },
  });
  await (killed ?? server.kill());
  return acknowledged;
}

function rowsOf(engine: string, outcome: Outcome): readonly Row[] {
  const { rounds, acknowledged, cutOff } = outcome;
  const size = `${rounds} × kill −9, ${acknowledged} acknowledged, ${cutOff} cut off`;
  return [
    none(`${engine}: acknowledged webhooks lost`, size, outcome.lost),
    none(`${engine}: order states applied twice`, size, outcome.twice),
    none(`${engine}: wrong or torn records`, size, outcome.wrong),
  ];
}
