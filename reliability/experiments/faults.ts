import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { atMost, type Experiment, none, type Row } from '../experiment.ts';
import { sqliteDatabase } from '../support/databases.ts';
import { control } from '../support/expected-state.ts';
import { mixFaults } from '../support/fault-mix.ts';
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
import { type Supervisor, superviseServer } from '../support/supervisor.ts';

/** Orders that are finished by then count; the table shows the actual number. */
const SIZES = {
  full: { steps: 10_000, kills: 8, minutes: 10 },
  quick: { steps: 25, kills: 0, minutes: 1 },
} as const;
const ALL_GOODS = [PAY_AFTER_GOODS, SERVICE_GOODS] as const;
const SHOPPERS = 16;
/** Small, so that latency exceeds it: a third of it is the time-out of an attempt. */
const TIMEOUT_MS = '1500';
const SETTLED_GOAL_S = 60;

/**
 * Orders of both products are created, completed and modified while WeChat Pay fails in every way and the server is killed.
 */
export const faults: Experiment = {
  goal: 'G11',
  name: 'faults',
  minutes: 12,
  run: async (scale, environment) => {
    const { steps, kills, minutes } = SIZES[scale];
    await using directory = await environment.workdir();
    const port = await freePort();
    const calls = { all: 0, faulty: 0 };
    const sandbox = await startSandbox({
      notifyUrl: `http://127.0.0.1:${port}/wechat/notify`,
      // The strict rules: another ciphertext is another order, a repeat of a complete is refused.
      rules: {
        reencryptedFieldsDiffer: true,
        repeatAnswersSuccess: false,
        refuseUsedNonces: true,
        payDelaySeconds: 1,
        // Service orders wait for the user, so that their total can be lowered.
        collection: 'fails',
        notifyUrlMustBeHttps: false,
      },
      onCall: ({ fault }) => {
        calls.all += 1;
        calls.faulty += fault === null ? 0 : 1;
      },
    });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => sandbox.close());
    await control(sandbox.url, 'POST', '/sandbox/notify-schedule', { factor: 0.01 });
    const database = sqliteDatabase(join(directory.path, 'ledger.db'));
    const server = stack.use(
      await superviseServer(directory, port, {
        ...sandbox.credentials,
        WECHAT_NOTIFY_URL: `http://127.0.0.1:${port}/wechat/notify`,
        WECHAT_TIMEOUT_MS: TIMEOUT_MS,
        DATABASE_URL: database.url,
        DATA_KEY: randomBytes(32).toString('base64'),
      }),
    );
    const mix = mixFaults(sandbox.url);
    const results = await shopAll(sandbox, server, { steps, kills, minutes });
    await mix.end();
    const settled = await secondsUntilSettled(database);
    const end = await checkEnd(database, sandbox, results, ALL_GOODS);
    const share = Math.round((100 * calls.faulty) / calls.all);
    const times = (step: Step) => {
      const taken = results.filter((one) => one.step === step);
      return new Set(taken.map(({ goods, outOrderNo }) => `${goods.product} ${outOrderNo}`)).size;
    };
    const answers = (of: string) => results.filter(({ word }) => word === of).length;
    const size = `${times('create')} creates, ${times('complete')} completes, ${times('modify')} modifies, ${answers('OutcomeUnknownError')} unknown outcomes, ${answers('WechatUnavailableError')} unavailable, ${answers('WechatRefusedError')} refused, ${calls.all} calls (${share} % faulty), ${server.kills()} × kill −9`;
    return [
      atMost('until every intent is resolved', size, settled, SETTLED_GOAL_S, ' s'),
      ...rowsOf(results, size),
      ...end.map(({ what, which }) => none(what + named(which), size, which.length)),
    ];
  },
};

/** Concurrent shoppers, kills in between, and the last kill in the middle of their calls. */
async function shopAll(
  { url }: Sandbox,
  server: Supervisor,
  { steps, kills, minutes }: Readonly<Record<'steps' | 'kills' | 'minutes', number>>,
): Promise<readonly StepResult[]> {
  await using poster = createPoster(server.url, SHOPPERS);
  const results: StepResult[] = [];
  let over = false;
  let next = 0;
  let completes = 0;
  let killing = Promise.resolve();
  const deadline = performance.now() + minutes * 60_000;
  const shop: Shop = {
    poster,
    look: async (goods, outOrderNo) => (await goods.orders(url)).get(outOrderNo),
    report: (one) => results.push(one),
    isOver: () => over,
  };
  const shopper = async () => {
    while (completes < steps && performance.now() < deadline) {
      const index = next;
      next += 1;
      // The same number at both products, half of the time: they are two orders.
      const goods: Goods = Math.floor(index / 2) % 2 === 0 ? PAY_AFTER_GOODS : SERVICE_GOODS;
      const number = index % 4 < 2 ? index : index - 2;
      // A few give up after the first unknown outcome: the server has to resolve it.
      if (!(await take(shop, goods, 'create', number, index % 16 !== 5))) {
        continue;
      }
      const order = `${url}/sandbox/service-orders/${numberOf(number)}`;
      if (goods === SERVICE_GOODS) {
        await fetch(`${order}/confirm`, { method: 'POST' });
      }
      completes += 1;
      if (completes % Math.ceil(steps / (kills + 1)) === 0 && completes < steps) {
        killing = server.killAndRestart();
      }
      const done = await take(shop, goods, 'complete', number, index % 8 !== 2);
      if (done && goods === SERVICE_GOODS) {
        if (index % 3 !== 0) {
          await take(shop, goods, 'modify', number, index % 8 !== 3);
        }
        await take(shop, goods, 'collect', number, false);
        await fetch(`${order}/pay`, { method: 'POST' });
      }
      if (done && index % 8 < 3) {
        await take(shop, goods, 'create', number, true);
      }
    }
    if (!over) {
      over = true;
      await killing;
      killing = server.killAndRestart();
    }
  };
  await Promise.all(Array.from({ length: SHOPPERS }, shopper));
  await killing;
  return results;
}

function rowsOf(results: readonly StepResult[], size: string): readonly Row[] {
  const wrong = results.filter(({ isFalse }) => isFalse);
  const failures = wrong.filter(({ word }) => !word.endsWith('Payload'));
  const words = new Set(failures.map(({ step, word }) => `${step}: ${word}`));
  return [
    none(`false failures${named([...words])}`, size, failures.length),
    none('false successes', size, wrong.length - failures.length),
  ];
}

/** Some examples, to find the cause. */
function named(items: readonly string[]): string {
  return items.length === 0 ? '' : ` (${items.slice(0, 5).join(', ')})`;
}
