import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../src/sandbox/index.ts';
import { atMost, type Experiment, none } from '../experiment.ts';
import { sqliteDatabase } from '../support/databases.ts';
import { control } from '../support/expected-state.ts';
import { checkEnd, secondsUntilSettled } from '../support/faults-end.ts';
import { freePort } from '../support/free-port.ts';
import {
  type Goods,
  numberOf,
  PAY_AFTER_GOODS,
  SERVICE_GOODS,
  type Step,
} from '../support/goods.ts';
import { createPoster } from '../support/post.ts';
import { type Shop, type StepResult, take } from '../support/shopper.ts';
import { between } from '../support/stats.ts';
import { superviseServer } from '../support/supervisor.ts';

const SIZES = { full: { rounds: 50 }, quick: { rounds: 1 } } as const;
/** For so long each write is at WeChat Pay, so that most kills are in the middle of it. */
const LATENCY_MS = 150;
const SETTLED_GOAL_S = 60;

/** The writes of both products, and what has to come before each. */
const WRITES: readonly (readonly [goods: Goods, write: Step, before: readonly Step[]])[] = [
  [PAY_AFTER_GOODS, 'create', []],
  [PAY_AFTER_GOODS, 'complete', ['create']],
  [PAY_AFTER_GOODS, 'cancel', ['create']],
  [PAY_AFTER_GOODS, 'sync', ['create', 'complete']],
  [SERVICE_GOODS, 'create', []],
  [SERVICE_GOODS, 'complete', ['create']],
  [SERVICE_GOODS, 'cancel', ['create']],
  [SERVICE_GOODS, 'modify', ['create', 'complete']],
  [SERVICE_GOODS, 'collect', ['create', 'complete']],
  [SERVICE_GOODS, 'sync', ['create', 'complete']],
];

/** kill -9 inside every kind of write; the client repeats the same call after the restart. */
export const killWrites: Experiment = {
  goal: 'G11',
  name: 'kill-writes',
  minutes: 5,
  run: async (scale, environment) => {
    const { rounds } = SIZES[scale];
    await using directory = await environment.workdir();
    const port = await freePort();
    const notifyUrl = `http://127.0.0.1:${port}/wechat/notify`;
    const sandbox = await startSandbox({
      notifyUrl,
      // Nothing is paid but by a sync.
      rules: {
        payDelaySeconds: null,
        collection: 'fails',
        repeatAnswersSuccess: false,
        notifyUrlMustBeHttps: false,
      },
    });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => sandbox.close());
    const database = sqliteDatabase(join(directory.path, 'ledger.db'));
    const server = stack.use(
      await superviseServer(directory, port, {
        ...sandbox.credentials,
        WECHAT_NOTIFY_URL: notifyUrl,
        DATABASE_URL: database.url,
        DATA_KEY: randomBytes(32).toString('base64'),
      }),
    );
    await using poster = createPoster(server.url, WRITES.length);
    const results: StepResult[] = [];
    const shop: Shop = {
      poster,
      look: async (goods, number) => (await goods.orders(sandbox.url)).get(number),
      report: (one) => results.push(one),
      isOver: () => false,
    };
    const indexOf = (round: number, write: number) => round * WRITES.length + write;
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        WRITES.map(async ([goods, , before], write) => {
          for (const step of before) {
            await take(shop, goods, step, indexOf(round, write), true);
            if (step === 'create' && goods.product === 'SERVICE_ORDER') {
              const number = numberOf(indexOf(round, write));
              const path = `/sandbox/service-orders/${number}/confirm`;
              await control(sandbox.url, 'POST', path, {});
            }
          }
        }),
      );
    }
    // WeChat Pay's times have seconds: an order is completed, then paid, then the sync comes.
    await sleep(2_500);
    const paidTime = new Date(Date.now() - 1_000).toISOString().replace(/\.\d+/, '');
    for (let round = 0; round < rounds; round += 1) {
      const latency = { on: 'any', fault: 'latency', ms: LATENCY_MS, times: WRITES.length };
      await control(sandbox.url, 'POST', '/sandbox/faults', [latency]);
      const taking = WRITES.map(([goods, write], index) =>
        take(shop, goods, write, indexOf(round, index), true, { paidTime }),
      );
      await sleep(between(0, LATENCY_MS * 2));
      await server.killAndRestart();
      await Promise.all(taking);
      await control(sandbox.url, 'DELETE', '/sandbox/faults');
    }
    const settled = await secondsUntilSettled(database);
    const end = await checkEnd(database, sandbox, results, [PAY_AFTER_GOODS, SERVICE_GOODS]);
    const lost = results.filter(({ word }) => word === 'no-answer').length;
    const size = `${rounds} × kill −9 inside ${WRITES.length} writes each, ${lost} calls without an answer`;
    const wrong = results.filter(({ isFalse }) => isFalse);
    const failures = wrong.filter(({ word }) => !word.endsWith('Payload'));
    const named = (some: readonly StepResult[]) =>
      [...new Set(some.map(({ step, word }) => ` ${step}: ${word}`))].slice(0, 5).join(',');
    return [
      atMost('until every intent is resolved', size, settled, SETTLED_GOAL_S, ' s'),
      none(`kill inside a write: false failures${named(failures)}`, size, failures.length),
      none('kill inside a write: false successes', size, wrong.length - failures.length),
      ...end.map(({ what, which }) =>
        none(
          `kill inside a write: ${what} ${which.slice(0, 5).join(', ')}`.trim(),
          size,
          which.length,
        ),
      ),
    ];
  },
};
