import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type Experiment, holds, type Row } from '../experiment.ts';
import { type Authority, makeAuthority } from '../support/authority.ts';
import { count, sqliteDatabase } from '../support/databases.ts';
import type { Environment } from '../support/environment.ts';
import { trueOrders } from '../support/expected-state.ts';
import { CASES, type FaultCase } from '../support/fault-cases.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { type Server, startServer } from '../support/server.ts';

const RECOVERED_MS = 20_000;
const SETTLED_MS = 60_000;
const AT_ONCE = 3;
const NUMBER = 'MATRIX-1';
const QUERY = '{ payAfterOrder(by: { outOrderNo: "MATRIX-1" }) { state } }';

/** One fault of WeChat Pay over TLS at a time: what the caller sees, and what is recorded. */
export const faultMatrix: Experiment = {
  goal: 'G11',
  name: 'fault-matrix',
  minutes: 4,
  run: async (scale, environment) => {
    await using directory = await environment.workdir();
    const authority = await makeAuthority(directory.path);
    const cases = scale === 'full' ? CASES : CASES.filter(({ quick }) => quick);
    const limit = pLimit(AT_ONCE);
    return await Promise.all(cases.map((one) => limit(() => tryOne(one, authority, environment))));
  },
};

async function tryOne(
  one: FaultCase,
  authority: Authority,
  environment: Environment,
): Promise<Row> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await environment.workdir());
  const shiftMs = one.clockOffMs ?? 0;
  const sandbox = await startSandbox({ now: () => Date.now() + shiftMs });
  stack.defer(() => sandbox.close());
  const place = await one.start(sandbox.url, authority);
  stack.defer(() => place.end());
  const database = sqliteDatabase(`${directory.path}/ledger.db`);
  const server = stack.use(
    await startServer(directory, {
      ...sandbox.credentials,
      WECHAT_BASE_URL: `https://127.0.0.1:${place.port}`,
      NODE_EXTRA_CA_CERTS: authority.file,
      DATABASE_URL: database.url,
      DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
    }),
  );
  const poster = stack.use(createPoster(server.url, 4));
  const queried = await query(poster);
  const created = await create(poster);
  const isLie = created.endsWith('Payload') !== (await trueOrders(sandbox.url)).has(NUMBER);
  const lied = isLie && created !== 'OutcomeUnknownError' ? ' (which is not true)' : '';
  const lives = (await poster.get('/health')) === 200 && server.isRunning();
  const outcome = `create: ${created}${lied}; query: ${queried}; ${lives ? 'alive' : 'dead'}`;
  const wanted = `create: ${one.create}; query: ${one.query}; alive`;
  if (one.clockOffMs !== undefined) {
    return holds(one.what, 'a create and a query', outcome, wanted);
  }
  await place.recover();
  const after = await recovered(poster, server);
  const orders = (await trueOrders(sandbox.url)).size;
  const open = await openIntents(database);
  const end = (word: string, made: number, left: number) =>
    `; recovered: ${word}, ${made} order, ${left} open intents`;
  return holds(
    one.what,
    'a create and a query, and again after recovery',
    outcome + end(after, orders, open),
    wanted + end('CreatePayAfterOrderPayload', 1, 0),
  );
}

async function query(poster: Poster): Promise<string> {
  const answer = await poster.graphql(QUERY, {});
  return answer.type === 'errors' ? answer.codes.join(' ') : answer.type;
}

async function create(poster: Poster): Promise<string> {
  const answer = await poster.graphql(CREATE, { input: inputOf('create', NUMBER, 1) });
  return answer.type === 'data'
    ? String(at(answer.data, 'result', '__typename'))
    : answer.type === 'errors'
      ? answer.codes.join(' ')
      : answer.type;
}

/** Retries the same create, as long as the response says that it may be retried. */
async function recovered(poster: Poster, server: Server): Promise<string> {
  const deadline = performance.now() + RECOVERED_MS;
  for (;;) {
    const word = await create(poster);
    const again = ['OutcomeUnknownError', 'WechatUnavailableError'].includes(word);
    if (!again || performance.now() > deadline || !server.isRunning()) {
      return word;
    }
    await sleep(200);
  }
}

async function openIntents(database: ReturnType<typeof sqliteDatabase>): Promise<number> {
  const deadline = performance.now() + SETTLED_MS;
  for (;;) {
    const open = await count(database, "select count(*) from intents where status = 'open'");
    if (open === 0 || performance.now() > deadline) {
      return open;
    }
    await sleep(200);
  }
}
