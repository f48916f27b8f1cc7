import { readdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { all, atMost, type Experiment, none } from '../experiment.ts';
import { CALLER } from '../support/caller.ts';
import { PROBED, probe } from '../support/memory.ts';
import { makeNotification } from '../support/notifications.ts';
import { openSockets } from '../support/open-sockets.ts';
import type { Poster } from '../support/post.ts';
import { setUp } from '../support/setup.ts';
import { subscribeBySocket } from '../support/socket-stream.ts';
import { SUBSCRIPTION, subscribe } from '../support/sse.ts';
import { isAcknowledged } from '../support/storm.ts';
import type { WechatKeys } from '../support/wechat-keys.ts';

const SIZES = {
  full: { leaving: 500, readers: 10, events: 1_000 },
  quick: { leaving: 40, readers: 10, events: 150 },
} as const;
const LEFT_MS = 1_000;
/** Many concurrent subscribers may be rejected with a 503. */
const AT_ONCE = 50;
/** A state that this server does not know, and long, so that buffers would fill. */
const LONG_WORD = 'X'.repeat(15_000);

/** Subscribers that disappear without closing, and subscribers that do not read. */
export const streams: Experiment = {
  goal: 'G14',
  name: 'streams',
  minutes: 1,
  run: async (scale, environment) => {
    const { leaving, readers, events } = SIZES[scale];
    await using setup = await setUp(environment, { node: PROBED });
    const { keys, server, poster } = setup;
    await makeEvents(poster, keys, 'W', 40);
    const idle = await openFiles(server.pid);

    const leave = await openMany(server.url, leaving);
    const open = (await openFiles(server.pid)) - idle;
    for (const go of leave) {
      go();
    }
    const [closedMs, forgottenMs] = await Promise.all([
      until(async () => (await openFiles(server.pid)) <= idle + 2),
      until(async () => (await openStreams(poster)) === 0),
    ]);
    const some = `${leaving} subscribers, half over SSE, half over WebSocket`;

    const sockets = await openSockets(server.url, readers, sseCall());
    for (const socket of sockets) {
      socket.pause();
    }
    const before = await probe(server);
    const made = await makeEvents(poster, keys, 'S', events);
    await sleep(1_000);
    const after = await probe(server);
    const held = Math.max(0, after.heapMb - before.heapMb) / readers;
    const still = sockets.filter((socket: Socket) => !socket.destroyed).length;
    for (const socket of sockets) {
      socket.destroy();
    }
    const mb = Math.round((events * LONG_WORD.length) / 2 ** 20);
    const slow = `${readers} that do not read (${still} still connected), ${events} events of ${mb} MB`;
    return [
      all('subscribers that are connected', some, open, leaving),
      atMost('their connections are closed after', some, closedMs, LEFT_MS, ' ms'),
      atMost('their streams are closed after (/metrics)', some, forgottenMs, LEFT_MS, ' ms'),
      all('events made meanwhile', slow, made, events),
      atMost('heap for each of them', slow, held, 1, ' MB'),
      none(
        'errors in the log',
        slow,
        [...server.errors.values()].reduce((sum, n) => sum + n, 0),
      ),
    ];
  },
};

/** Returns how to disconnect each of them without a close. */
async function openMany(url: string, count: number): Promise<readonly (() => void)[]> {
  const limit = pLimit(AT_ONCE);
  const one = async (index: number) => {
    if (index % 2) {
      return (await subscribeBySocket(url)).terminate;
    }
    let cut = () => false;
    await new Promise<void>((resolve) => {
      cut = subscribe(url, null, { onOpen: resolve, onEvent: () => {}, onEnd: () => {} });
    });
    return () => void cut();
  };
  return await limit.map(
    Array.from({ length: count }, (_, index) => index),
    one,
  );
}

function sseCall(): string {
  const body = JSON.stringify({ query: SUBSCRIPTION.replace('state }', 'state stateRaw }') });
  const headers = {
    host: 'x',
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'content-length': String(body.length),
    ...CALLER,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `POST /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** How many were acknowledged. */
async function makeEvents(
  poster: Poster,
  keys: WechatKeys,
  name: string,
  count: number,
): Promise<number> {
  let made = 0;
  for (let index = 0; index < count; index += 1) {
    const notification = await makeNotification(keys, `${name}${index}`, `${LONG_WORD}${index}`);
    made += isAcknowledged(await poster.notification(notification)) ? 1 : 0;
  }
  return made;
}

/** The value in /metrics; undefined if it is missing. */
async function openStreams(poster: Poster): Promise<number | undefined> {
  const metrics = await poster.text('/metrics').catch(() => undefined);
  const lines = metrics?.match(/^\w*streams?_?\w*(\{.*\})? \d+$/gm);
  return lines?.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

async function until(holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > LEFT_MS * 5) {
      return Number.POSITIVE_INFINITY;
    }
    await sleep(20);
  }
  return performance.now() - startMs;
}
