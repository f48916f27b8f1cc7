import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, type Experiment, none, type Row } from '../experiment.ts';
import type { Database } from '../support/databases.ts';
import { type Pair, startPair } from '../support/environment.ts';
import { compare, type Follower, follow } from '../support/follower.ts';
import { checkLedger } from '../support/ledger-check.ts';
import { makeNotification, type Notification, STATES } from '../support/notifications.ts';
import type { Poster } from '../support/post.ts';
import { isAcknowledged } from '../support/storm.ts';
import type { WechatKeys } from '../support/wechat-keys.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = {
  full: { outageMs: 60_000, calmMs: 3_000, goalMs: 5_000 },
  quick: { outageMs: 3_000, calmMs: 700, goalMs: 15_000 },
} as const;
const PAUSE_MS = 10;
const WRITERS = 4;
const GIVE_UP_MS = 30_000;
/** A write that succeeded, or a probe, tells /ready for a second that the database is there. */
const READY_KNOWS_MS = 1_100;

/** The state of the environment. `changing`: no response of that time proves anything. */
type Phase = 'before' | 'changing' | 'down' | 'after';

/** The database is stopped and restarted: the server reports it, waits, and loses nothing. */
export const outage: Experiment = {
  goal: 'G15',
  name: 'outage',
  minutes: 2,
  run: async (scale, environment) => {
    const { outageMs, calmMs, goalMs } = SIZES[scale];
    await using postgres = await environment.ownPostgres();
    const database = await postgres.create('ledger');
    await using both = await startPair(await environment.workdir(), database);
    const { keys } = both;
    await both.posters[0].notification(await makeNotification(keys, 'FIRST', 'USER_ACCEPTED'));
    using one = await follow(() => both.servers[0].url, 0);
    using other = await follow(() => both.servers[1].url, 0);

    const notes = new Notes();
    const writing = both.posters.flatMap((poster, index) => [
      write(keys, poster, `${index}a`, notes),
      write(keys, poster, `${index}b`, notes),
    ]);
    const watching = both.posters.map((poster) => watch(poster, notes));
    await sleep(calmMs);
    notes.phase = 'changing';
    await postgres.stop();
    await sleep(READY_KNOWS_MS);
    notes.phase = 'down';
    await sleep(outageMs);
    notes.phase = 'changing';
    await postgres.start();
    const startMs = performance.now();
    const backMs = await recovery(both, notes, startMs);
    notes.phase = 'after';
    await sleep(calmMs);
    notes.over = true;
    await Promise.all([...writing, ...watching]);
    const size = `2 instances, PostgreSQL away for ${outageMs / 1000} s`;
    return [
      all('processes still running', size, both.servers.filter((s) => s.isRunning()).length, 2),
      ...notes.rows(size),
      atMost('until /ready and the webhook work again', size, backMs, goalMs, ' ms'),
      ...(await checkRecords(database, notes.acknowledged, [one, other], size)),
    ];
  },
};

/** The responses with their times. */
class Notes {
  phase: Phase = 'before';
  over = false;
  readonly acknowledged: Notification[] = [];
  readonly #webhook: { readonly phase: Phase; readonly status: number }[] = [];
  readonly #ready: { readonly phase: Phase; readonly status: number }[] = [];

  webhook(phase: Phase, status: number): void {
    this.#webhook.push({ phase, status });
  }

  ready(phase: Phase, status: number): void {
    this.#ready.push({ phase, status });
  }

  rows(size: string): readonly Row[] {
    const is = (phase: Phase, list: readonly { phase: Phase; status: number }[]) =>
      list.filter((answer) => answer.phase === phase).map(({ status }) => status);
    const [down, away] = [is('down', this.#webhook), is('down', this.#ready)];
    const calm = [...is('before', this.#webhook), ...is('after', this.#webhook)];
    return [
      all(
        'webhook 5xx meanwhile',
        size,
        down.filter((status) => status >= 500).length,
        down.length,
      ),
      all(
        '/ready 503 meanwhile',
        size,
        away.filter((status) => status === 503).length,
        away.length,
      ),
      all('webhook 2xx before and after', size, calm.filter(isAcknowledged).length, calm.length),
    ];
  }
}

/** As WeChat Pay does: retries each notification until it is acknowledged. */
async function write(keys: WechatKeys, poster: Poster, name: string, notes: Notes): Promise<void> {
  for (let index = 0; !notes.over; index += 1) {
    for (const state of STATES) {
      const notification = await makeNotification(keys, `${name}-${index}`, state);
      for (let answered = false; !answered; ) {
        const { phase } = notes;
        const status = await poster.notification(notification);
        answered = isAcknowledged(status);
        if (phase === notes.phase) {
          notes.webhook(phase, status);
        }
        await sleep(PAUSE_MS);
      }
      notes.acknowledged.push(notification);
    }
  }
}

async function watch(poster: Poster, notes: Notes): Promise<void> {
  while (!notes.over) {
    const { phase } = notes;
    const status = await poster.get('/ready');
    if (phase === notes.phase) {
      notes.ready(phase, status);
    }
    await sleep(100);
  }
}

/** How long after the database both instances are ready and acknowledge. */
async function recovery({ posters }: Pair, notes: Notes, startMs: number): Promise<number> {
  const before = notes.acknowledged.length;
  for (;;) {
    const ready = await Promise.all(posters.map((poster) => poster.get('/ready')));
    const acknowledges = notes.acknowledged.length >= before + 2 * WRITERS;
    const tookMs = performance.now() - startMs;
    if ((ready.every(isAcknowledged) && acknowledges) || tookMs > GIVE_UP_MS) {
      return tookMs;
    }
    await sleep(20);
  }
}

async function checkRecords(
  database: Database,
  acknowledged: readonly Notification[],
  followers: readonly Follower[],
  size: string,
): Promise<readonly Row[]> {
  const rows = await database.rows('select id from events');
  const log = rows.map(({ id }) => Number(id));
  await Promise.all(followers.map((one) => one.reaches(Math.max(...log), GIVE_UP_MS)));
  const { lost, twice, wrong } = await checkLedger(database, acknowledged);
  const compared = followers.map(({ seen }) => compare(seen, log));
  const missed = compared.reduce((sum, one) => sum + one.missed, 0);
  const again = compared.reduce((sum, one) => sum + one.twice + one.disordered, 0);
  const events = `${size}, ${log.length} events`;
  return [
    none('acknowledged webhooks lost', `${size}, ${acknowledged.length} acknowledged`, lost),
    none('order states applied twice, or wrong', events, twice + wrong),
    none('events that a subscriber missed', `${events}, a subscriber each`, missed),
    none('events that a subscriber saw twice', `${events}, a subscriber each`, again),
  ];
}
