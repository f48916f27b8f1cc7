import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type Experiment, holds, none } from '../experiment.ts';
import { count, sqliteDatabase } from '../support/databases.ts';
import { control, trueOrders } from '../support/expected-state.ts';
import { freePort } from '../support/free-port.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { startServer } from '../support/server.ts';

const SIZES = { full: 60, quick: 9 } as const;
const FAULTS = [
  { fault: 'delay', ms: 3_000 },
  { fault: 'duplicate', copies: 5 },
  { fault: 'drop' },
] as const;
const CAUGHT_UP_MS = 90_000;

/**
 * Notifications that arrive late, several times, or never: the ledger ends in WeChat Pay's state.
 */
export const notificationFaults: Experiment = {
  goal: 'G11',
  name: 'notification-faults',
  minutes: 2,
  run: async (scale, environment) => {
    const orders = SIZES[scale];
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const port = await freePort();
    const sandbox = await startSandbox({ notifyUrl: `http://127.0.0.1:${port}/wechat/notify` });
    stack.defer(() => sandbox.close());
    const database = sqliteDatabase(`${directory.path}/ledger.db`);
    const server = stack.use(
      await startServer(directory, {
        ...sandbox.credentials,
        PORT: String(port),
        DATABASE_URL: database.url,
        DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
      }),
    );
    const poster = stack.use(createPoster(server.url, 8));
    for (let index = 0; index < orders; index += 1) {
      const number = `LATE-${index}`;
      const input = {
        ...inputOf('create', number, index),
        needUserConfirm: true,
        openid: undefined,
      };
      await mustCreate(poster, input);
      const fault = { on: 'notify', times: 1, ...FAULTS[index % FAULTS.length] };
      await control(sandbox.url, 'POST', '/sandbox/faults', fault);
      await control(sandbox.url, 'POST', `/sandbox/orders/${number}/confirm`);
    }
    const truth = await trueOrders(sandbox.url);
    const differing = async () => {
      const rows = await database.rows('select out_order_no, state_raw as state from orders');
      const known = new Map(rows.map((row) => [row['out_order_no'], row['state']]));
      return [...truth].filter(([number, { state }]) => known.get(number) !== state).length;
    };
    const deadline = performance.now() + CAUGHT_UP_MS;
    while ((await differing()) > 0 && performance.now() < deadline) {
      await sleep(500);
    }
    const twice = await count(
      database,
      'select count(*) from (select 1 from events group by out_order_no, state_raw having count(*) > 1)',
    );
    const size = `${orders} orders, webhooks late, five times, or never`;
    return [
      none('orders recorded in another state', size, await differing()),
      none('states applied twice', size, twice),
      holds('the process', size, server.isRunning() ? 'lives' : 'died', 'lives'),
    ];
  },
};

async function mustCreate(poster: Poster, input: object): Promise<void> {
  const answer = await poster.graphql(CREATE, { input });
  const word = answer.type === 'data' ? at(answer.data, 'result', '__typename') : answer.type;
  if (word !== 'CreatePayAfterOrderPayload') {
    throw new Error(`The order was not made: ${JSON.stringify(answer)}`);
  }
}
