import { appendFile, mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { all, atLeast, type Experiment, holds, none } from '../experiment.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { makeNotification } from '../support/notifications.ts';
import type { Poster } from '../support/post.ts';
import { setUp } from '../support/setup.ts';
import { isAcknowledged } from '../support/storm.ts';

const SIZES = { full: 200, quick: 30 } as const;
const DISK_KB = 2_048;
const BALLAST_KB = 1_024;
const MOST_NOTICES = 2_000;
const BACK_MS = 10_000;
/** A small disk for the server only, removed after the experiment. */
const WITHIN = [
  ...['unshare', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=${DISK_KB}k tmpfs disk && dd if=/dev/zero of=disk/ballast bs=1k count=${BALLAST_KB} 2>/dev/null && exec "$@"`,
  'sh',
];

/**
 * The disk under the ledger is full: nothing is acknowledged, and nothing is sent that is not
 * stored.
 */
export const diskFull: Experiment = {
  goal: 'G11',
  name: 'disk-full',
  minutes: 0.5,
  run: async (scale, environment) => {
    const tries = SIZES[scale];
    await using setup = await setUp(environment, {
      file: 'disk/ledger.db',
      within: WITHIN,
      prepare: ({ path }) => mkdir(`${path}/disk`).then(() => undefined),
    });
    const { directory, keys, stub, server, poster } = setup;
    const send = async (name: string) =>
      poster.notification(await makeNotification(keys, name, 'USER_PAID'));
    const stored = await fill(send);
    const disk = `/proc/${server.pid}/root${directory.path}/disk`;
    await fillRest(`${disk}/rest`);
    const full: number[] = [];
    for (let index = 0; index < tries; index += 1) {
      full.push(await send(`FULL-${index}`));
    }
    const { unwritten, sentUnwritten } = await createUntilFull(poster, stub.writes, tries);
    const health = await poster.get('/health');

    await rm(`${disk}/ballast`);
    const backMs = await back(send);
    const size = `${stored} webhooks until the disk of ${DISK_KB / 1024} MB was full`;
    const refused = full.filter((status) => status >= 500).length;
    return [
      all('webhooks answered 5xx while it is full', size, refused, tries),
      atLeast('creates whose intent could not be written', size, unwritten, 1),
      none('of these, sent to WeChat Pay anyway', size, sentUnwritten),
      holds('the process', size, server.isRunning() && health === 200 ? 'lives' : 'died', 'lives'),
      holds(
        'webhooks, once there is space',
        size,
        backMs < BACK_MS ? 'stored again' : 'refused',
        'stored again',
      ),
    ];
  },
};

/** How many were stored before the first failure. */
async function fill(send: (name: string) => Promise<number>): Promise<number> {
  for (let index = 0; index < MOST_NOTICES; index += 1) {
    const status = await send(`FILL-${index}`);
    if (!isAcknowledged(status)) {
      return index;
    }
  }
  throw new Error('The disk was never full.');
}

/** Space that is too small for a notification may still suffice for something smaller. */
async function fillRest(file: string): Promise<void> {
  for (;;) {
    try {
      await appendFile(file, Buffer.alloc(1024));
    } catch {
      return;
    }
  }
}

/** The stub refuses every create that reaches it, so a create with another result must not have reached it. */
async function createUntilFull(poster: Poster, writes: () => number, tries: number) {
  let [unwritten, sentUnwritten] = [0, 0];
  for (let index = 0; index < MOST_NOTICES && unwritten < tries; index += 1) {
    const before = writes();
    const answer = await poster.graphql(CREATE, {
      input: inputOf('create', `FULL-CREATE-${index}`, 1),
    });
    const word = answer.type === 'data' ? at(answer.data, 'result', '__typename') : answer.type;
    if (word !== 'WechatRefusedError') {
      unwritten += 1;
      sentUnwritten += writes() - before;
    }
  }
  return { unwritten, sentUnwritten };
}

async function back(send: (name: string) => Promise<number>): Promise<number> {
  const startMs = performance.now();
  for (let index = 0; performance.now() - startMs < BACK_MS; index += 1) {
    if (isAcknowledged(await send(`BACK-${index}`))) {
      break;
    }
    await sleep(100);
  }
  return performance.now() - startMs;
}
