import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { all, atLeast, atMost, type Experiment, holds, type Row } from '../experiment.ts';
import { ATTACKS, type Attack, strikeOn, type Target } from '../support/attacks.ts';
import { ownCores } from '../support/cores.ts';
import { control } from '../support/expected-state.ts';
import { freePort } from '../support/free-port.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { rssMb } from '../support/memory.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { type Server, startServer } from '../support/server.ts';
import { subscribe } from '../support/sse.ts';
import { percentile } from '../support/stats.ts';
import { startTokenIssuer } from '../support/tokens.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = {
  full: { seconds: 600, growthMb: 100, stallMs: 50, strikes: 5, lost: 10, creates: 95, lateS: 30 },
  quick: {
    seconds: 12,
    growthMb: 250,
    stallMs: 1_000,
    strikes: 1,
    lost: 1,
    creates: 50,
    lateS: 60,
  },
} as const;
const CREATES_PER_SECOND = 5;
const LOG_MB_PER_MINUTE = 1;
const ACKNOWLEDGED_MS = 5_000;
/** What a shopper's token allows. */
const SCOPE = 'orders:create orders:read orders:cancel events:read';
/** What Node's own gauge shows of a loop that is never late. */
const RESOLUTION_MS = 10;

/** Strangers and one shopper do all of it, while a shop creates orders and users confirm them. */
export const abuse: Experiment = {
  goal: 'G20',
  name: 'abuse',
  minutes: 13,
  run: async (scale, environment) => {
    const sizes = SIZES[scale];
    using cores = scale === 'full' ? ownCores() : undefined;
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const issuer = stack.use(await startTokenIssuer());
    const port = await freePort();
    const notifyUrl = `http://127.0.0.1:${port}/wechat/notify`;
    const sandbox = await startSandbox({ notifyUrl });
    stack.defer(() => sandbox.close());
    const server = stack.use(
      await startServer(
        directory,
        {
          ...sandbox.credentials,
          ...issuer.variables,
          PORT: String(port),
          DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
          DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
          RATE_LIMIT_PER_SECOND: '300',
          SHOPPER_RATE_LIMIT_PER_SECOND: '5',
        },
        { within: cores?.within ?? [] },
      ),
    );
    const target: Target = {
      ...{ host: '127.0.0.1', port, issuer, kept: new Set() },
      shopper: issuer.token({
        ...{ sub: 'abuser', openid: 'oReliabilityAbuser', scope: SCOPE },
        exp: Math.floor(Date.now() / 1000) + 7_200,
      }),
    };
    stack.defer(() => {
      for (const socket of target.kept) {
        socket.destroy();
      }
    });
    const poster = stack.use(createPoster(server.url, 16));
    const accepted = new Set<string>();
    const stop = subscribe(server.url, null, {
      onOpen: () => {},
      onEvent: ({ outOrderNo, state }) => state === 'USER_ACCEPTED' && accepted.add(outOrderNo),
      onEnd: () => {},
    });
    stack.defer(() => void stop());
    const shop = { poster, sandbox, notifyUrl, accepted };
    await Promise.all(Array.from({ length: 50 }, (_, index) => order(shop, `WARM-${index}`)));
    const rows = await stallsOf(target, poster, sizes);
    const log = join(directory.path, `output-${server.pid}.log`);
    const before = { mb: await rssMb(server.pid), log: (await stat(log)).size };
    const until = performance.now() + sizes.seconds * 1000;
    const goesOn = () => performance.now() < until;
    const [orders, found, most, struck] = await Promise.all([
      makeOrders(shop, goesOn),
      loseNotifications(shop, sizes),
      highestRss(server, goesOn),
      Promise.all(ATTACKS.map((attack) => strikeOn(attack, target, goesOn))),
    ]);
    const logged = ((await stat(log)).size - before.log) / 2 ** 20 / (sizes.seconds / 60);
    const strikes = struck.reduce((sum, one) => sum + one, 0);
    const size = `${ATTACKS.length} kinds of abuse, ${strikes} requests in ${sizes.seconds} s, ${cores?.description ?? 'beside others'}`;
    const grown = `resident memory, most above the beginning (${before.mb.toFixed(0)} → ${most.toFixed(0)} MB)`;
    return [
      ...rows,
      atMost(grown, size, most - before.mb, sizes.growthMb, ' MB'),
      atMost('log, MB a minute', size, logged, LOG_MB_PER_MINUTE),
      atLeast(
        `the shop's creates accepted, in % (${orders.accepted} of ${orders.sent})`,
        size,
        (100 * orders.accepted) / orders.sent,
        sizes.creates,
      ),
      ...(await acknowledgedIn(sandbox, size)),
      atMost(
        `a lost webhook of another order is recovered after, slowest of ${found.length}`,
        size,
        Math.max(...found),
        sizes.lateS,
        ' s',
      ),
      holds('the process', size, server.isRunning() ? 'lives' : 'died', 'lives'),
    ];
  },
};

interface Shop {
  readonly poster: Poster;
  readonly sandbox: Sandbox;
  readonly notifyUrl: string;
  /** Orders whose confirmation a subscriber has seen. */
  readonly accepted: ReadonlySet<string>;
}

/** Creates an order of some user; true if it was made. */
async function order({ poster }: Shop, outOrderNo: string): Promise<boolean> {
  const input = { ...inputOf('create', outOrderNo, 1), needUserConfirm: true, openid: undefined };
  const answer = await poster.graphql(CREATE, { input });
  return answer.type === 'data' && /Payload$/.test(String(at(answer.data, 'result', '__typename')));
}

async function confirm({ sandbox }: Shop, outOrderNo: string): Promise<void> {
  await control(sandbox.url, 'POST', `/sandbox/orders/${outOrderNo}/confirm`);
}

/** The shop goes on: at a stated rate, whatever the answers take. */
async function makeOrders(shop: Shop, goesOn: () => boolean) {
  const made: Promise<boolean>[] = [];
  const one = async (outOrderNo: string) => {
    const isMade = await order(shop, outOrderNo);
    await (isMade && confirm(shop, outOrderNo).catch(() => undefined));
    return isMade;
  };
  while (goesOn()) {
    made.push(one(`SHOP-${made.length}`));
    await sleep(1_000 / CREATES_PER_SECOND);
  }
  const done = await Promise.all(made);
  return { sent: done.length, accepted: done.filter(Boolean).length };
}

/** Seconds until the ledger shows what a webhook that was lost would have said, one after the other. */
async function loseNotifications(
  shop: Shop,
  { lost, lateS }: { readonly lost: number; readonly lateS: number },
): Promise<readonly number[]> {
  const found: number[] = [];
  // Notifications of others get through: this order's is sent to nobody.
  for (let index = 0; index < lost; index += 1) {
    const outOrderNo = `LOST-${index}`;
    while (!(await order(shop, outOrderNo))) {
      await sleep(200);
    }
    await control(shop.sandbox.url, 'POST', '/sandbox/notify-url', { url: null });
    await confirm(shop, outOrderNo);
    await control(shop.sandbox.url, 'POST', '/sandbox/notify-url', { url: shop.notifyUrl });
    found.push(await secondsUntilAccepted(shop, outOrderNo, 2 * lateS));
  }
  return found;
}

async function secondsUntilAccepted(
  { accepted }: Shop,
  outOrderNo: string,
  most: number,
): Promise<number> {
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  while (!accepted.has(outOrderNo) && seconds() < most) {
    await sleep(100);
  }
  return seconds();
}

async function highestRss({ pid }: Server, goesOn: () => boolean): Promise<number> {
  let most = 0;
  while (goesOn()) {
    most = Math.max(most, await rssMb(pid).catch(() => Number.NaN));
    await sleep(1_000);
  }
  return most;
}

/** Each attack alone: the longest turn of the event loop that one request of it causes. */
async function stallsOf(
  target: Target,
  poster: Poster,
  { strikes, stallMs }: { readonly strikes: number; readonly stallMs: number },
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const attack of ATTACKS) {
    const ms: number[] = [];
    for (let index = 0; index < strikes; index += 1) {
      ms.push(await stallOf(attack, target, poster, 1_000_000 + index));
    }
    const size = `${strikes} requests, each alone`;
    const what = `${attack.name}: the event loop stands still, median`;
    rows.push(atMost(what, size, percentile(ms, 0.5), stallMs, ' ms'));
  }
  return rows;
}

async function stallOf(attack: Attack, target: Target, poster: Poster, index: number) {
  const longestMs = async () => {
    const metrics = (await poster.text('/metrics')) ?? '';
    const [, seconds] = /^nodejs_eventloop_lag_max_seconds ([\d.e-]+)$/m.exec(metrics) ?? [];
    return Number(seconds) * 1000 - RESOLUTION_MS;
  };
  // Reading it begins a new span.
  await longestMs();
  await attack.strike(target, index).catch(() => undefined);
  await sleep(200);
  return Math.max(0, await longestMs());
}

/** The first attempt of each webhook that was sent at all. */
async function acknowledgedIn({ url }: Sandbox, size: string): Promise<readonly Row[]> {
  // The last ones may still be under way.
  await sleep(ACKNOWLEDGED_MS);
  const list = await control(url, 'GET', '/sandbox/notifications');
  const sent = (Array.isArray(list) ? list : [])
    .map((one: unknown) => at(one, 'attempts', 0, 'status'))
    .filter((status) => status !== undefined && status !== 'no-connection');
  const good = sent.filter((status) => status === 200).length;
  return [
    all(
      `webhooks acknowledged within ${ACKNOWLEDGED_MS / 1000} s, at the first attempt`,
      size,
      good,
      sent.length,
    ),
  ];
}
