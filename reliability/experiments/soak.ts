import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { atLeast, atMost, type Experiment, holds, none } from '../experiment.ts';
import { control } from '../support/expected-state.ts';
import { freePort } from '../support/free-port.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { openLoad, startQueries } from '../support/load-worker.ts';
import { atRest, type Held, PROBED, probe } from '../support/memory.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { startServer } from '../support/server.ts';
import { subscribeBySocket } from '../support/socket-stream.ts';
import { subscribe } from '../support/sse.ts';

const CALLERS = 200;
const SIZES = {
  full: {
    seconds: 1_200,
    peakSeconds: 10,
    everyMs: 15_000,
    looks: 6,
    slope: 1,
    fds: 10,
    answered: 99.9,
  },
  // In seconds, one pause of a shared machine is a tenth of the queries.
  quick: {
    seconds: 15,
    peakSeconds: 2,
    everyMs: 1_000,
    looks: 1,
    slope: 2_000,
    fds: 400,
    answered: 50,
  },
} as const;
const CREATES_PER_SECOND = 5;
const STREAMS = 10;
const STREAM_MS = 2_000;
/** The time for caches to fill and code to be compiled. */
const WARM_UP = 0.3;
const WINDOW_S = 600;

/**
 * Half of the server's capacity for a long time: queries, creates, notifications, and subscribers
 * that come and go.
 */
export const soak: Experiment = {
  goal: 'G17',
  name: 'soak',
  minutes: 21,
  run: async (scale, environment) => {
    const { seconds, peakSeconds, everyMs, looks, slope, fds, answered } = SIZES[scale];
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const port = await freePort();
    const sandbox = await startSandbox({ notifyUrl: `http://127.0.0.1:${port}/wechat/notify` });
    stack.defer(() => sandbox.close());
    const server = stack.use(
      await startServer(
        directory,
        {
          ...sandbox.credentials,
          PORT: String(port),
          DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
          DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
        },
        { node: PROBED },
      ),
    );
    const poster = stack.use(createPoster(server.url, 16));
    await order(poster, sandbox, 'ASKED');
    const queries = startQueries(server.url, 16);
    await sleep(peakSeconds * 1000);
    const peak = (await queries.stop()).perSecond;
    const before = await atRest(server, looks);

    const until = performance.now() + seconds * 1000;
    const goesOn = () => performance.now() < until;
    const held: { readonly s: number; readonly held: Held }[] = [];
    const watching = async () => {
      while (goesOn()) {
        await sleep(everyMs);
        held.push({ s: seconds - (until - performance.now()) / 1000, held: await probe(server) });
      }
    };
    const [load, made] = await Promise.all([
      openLoad(server.url, { perSecond: peak / 2, seconds, callers: CALLERS }),
      makeOrders(poster, sandbox, goesOn),
      comeAndGo(server.url, goesOn),
      watching(),
    ]);
    const after = await atRest(server, looks);
    const warm = held.filter(({ s }) => s > seconds * WARM_UP);
    const perWindow = (value: (held: Held) => number) =>
      slopeOf(warm.map((one) => ({ x: one.s / WINDOW_S, y: value(one.held) })));
    const [first, last] = [warm[0]?.held, warm.at(-1)?.held];
    const size = `${seconds} s, ${Math.round(peak / 2)} queries/s (half of peak), ${made} orders, ${STREAMS} streams`;
    const range = (name: 'rssMb' | 'heapMb') =>
      `${first?.[name].toFixed(0)} → ${last?.[name].toFixed(0)} MB`;
    return [
      atMost(
        `resident memory, MB in 10 min (${range('rssMb')})`,
        size,
        perWindow((h) => h.rssMb),
        slope,
      ),
      atMost(
        `heap, MB in 10 min (${range('heapMb')})`,
        size,
        perWindow((h) => h.heapMb),
        slope,
      ),
      atMost(
        `file descriptors at rest, afterwards more than before (${before.fds})`,
        size,
        after.fds - before.fds,
        fds,
      ),
      atLeast('queries answered, in %', size, (100 * load.good.length) / load.sent, answered),
      none('queries neither answered nor rejected with Retry-After', size, load.broken + load.bare),
      none(
        `errors in the log, unhandled rejections among them${[...server.errors.keys()].map((one) => `; ${one}`).join('')}`,
        size,
        server.errors.size,
      ),
      holds('the process', size, server.isRunning() ? 'lives' : 'died', 'lives'),
    ];
  },
};

/** Creates an order, and has its user confirm it. */
async function order(poster: Poster, { url }: Sandbox, number: string): Promise<void> {
  const input = { ...inputOf('create', number, 1), needUserConfirm: true, openid: undefined };
  await poster.graphql(CREATE, { input });
  await control(url, 'POST', `/sandbox/orders/${number}/confirm`).catch(() => undefined);
}

async function makeOrders(poster: Poster, sandbox: Sandbox, goesOn: () => boolean) {
  let made = 0;
  while (goesOn()) {
    await Promise.all([order(poster, sandbox, `SOAK-${made}`), sleep(1000 / CREATES_PER_SECOND)]);
    made += 1;
  }
  return made;
}

async function comeAndGo(url: string, goesOn: () => boolean): Promise<void> {
  const one = async (_: unknown, index: number) => {
    while (goesOn()) {
      if (index % 2) {
        const stream = await subscribeBySocket(url);
        await sleep(STREAM_MS);
        stream.terminate();
      } else {
        const cut = subscribe(url, null, { onOpen: () => {}, onEvent: () => {}, onEnd: () => {} });
        await sleep(STREAM_MS);
        cut();
      }
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, one));
}

/** The slope of the linear regression of these points. */
function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map((p) => p.x)), mean(points.map((p) => p.y))];
  const over = points.reduce((sum, p) => sum + (p.x - x) * (p.y - y), 0);
  const under = points.reduce((sum, p) => sum + (p.x - x) ** 2, 0);
  return over / under;
}
