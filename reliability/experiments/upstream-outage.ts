import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../src/sandbox/index.ts';
import { atMost, type Experiment, none } from '../experiment.ts';
import { control, trueOrders } from '../support/expected-state.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { atPace } from '../support/pace.ts';
import { createPoster } from '../support/post.ts';
import { startServer } from '../support/server.ts';

const SIZES = { full: 400, quick: 60 } as const;
const PER_SECOND = 20;
/** Before the breaker and the retry budget detect the outage. */
const LEARNING = 20;
const EXTRA_PERCENT = 10;

/** WeChat Pay fails for long: retries do not add load, and no caller gets a wrong result. */
export const upstreamOutage: Experiment = {
  goal: 'G11',
  name: 'upstream-outage',
  minutes: 1,
  run: async (scale, environment) => {
    const creates = SIZES[scale];
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    let calls = 0;
    const sandbox = await startSandbox({
      onCall: ({ kind }) => {
        calls += kind === 'create' ? 1 : 0;
      },
    });
    stack.defer(() => sandbox.close());
    const server = stack.use(
      await startServer(directory, {
        ...sandbox.credentials,
        WECHAT_TIMEOUT_MS: '3000',
        DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
        DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
      }),
    );
    const poster = stack.use(createPoster(server.url, 200));
    await control(sandbox.url, 'POST', '/sandbox/faults', {
      on: 'any',
      fault: 'status',
      status: 500,
      takesEffect: false,
      times: null,
    });
    const create = async (index: number) => {
      const startMs = performance.now();
      const answer = await poster.graphql(CREATE, {
        input: inputOf('create', `OUT-${index}`, index),
      });
      const word =
        answer.type === 'data' ? String(at(answer.data, 'result', '__typename')) : answer.type;
      return { word, ms: performance.now() - startMs };
    };
    const numbers = Array.from({ length: creates }, (_, index) => index);
    await atPace(numbers.slice(0, LEARNING), PER_SECOND, create);
    await sleep(100);
    const before = calls;
    const results = await atPace(numbers.slice(LEARNING), PER_SECOND, create);
    const extra = Math.max(0, (100 * (calls - before)) / results.length - 100);
    const wrong = results.filter(
      ({ word }) => word !== 'WechatUnavailableError' && word !== 'OutcomeUnknownError',
    );
    const size = `${results.length} creates at ${PER_SECOND}/s, WeChat Pay answers 500 to all, ${calls - before} attempts`;
    const most = Math.max(...results.map(({ ms }) => ms));
    return [
      atMost('extra calls because of retries', size, extra, EXTRA_PERCENT, ' %'),
      none('results other than unavailable or unknown', size, wrong.length),
      none('orders made', size, (await trueOrders(sandbox.url)).size),
      atMost('slowest answer', size, Math.round(most), 10_000, ' ms'),
    ];
  },
};
