import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../src/sandbox/index.ts';
import { all, atMost, type Experiment, holds } from '../experiment.ts';
import { control } from '../support/expected-state.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at } from '../support/json.ts';
import { openSockets, PING } from '../support/open-sockets.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { startServer } from '../support/server.ts';
import { subscribeBySocket } from '../support/socket-stream.ts';
import { subscribe } from '../support/sse.ts';

const SIZES = { full: { streams: 50, idle: 100 }, quick: { streams: 6, idle: 10 } } as const;
/** The response time of WeChat Pay for the create in flight. */
const CREATE_MS = 2_000;
const HARD_CAP_MS = 10_000;

/** SIGTERM under load. */
export const shutdown: Experiment = {
  goal: 'G7',
  name: 'shutdown',
  minutes: 0.5,
  run: async (scale, environment) => {
    const { streams, idle } = SIZES[scale];
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const sandbox = await startSandbox();
    stack.defer(() => sandbox.close());
    const variables = {
      ...sandbox.credentials,
      DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
      DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
      WECHAT_TIMEOUT_MS: '9000',
    };
    const server = stack.use(await startServer(directory, variables));
    const poster = stack.use(createPoster(server.url, 8));
    const completes = await openStreams(server.url, streams);
    const sockets = await openSockets(server.url, idle, PING);
    stack.defer(() => {
      for (const socket of sockets) {
        socket.destroy();
      }
    });
    await control(sandbox.url, 'POST', '/sandbox/faults', {
      on: 'create',
      fault: 'latency',
      ms: CREATE_MS,
      times: 1,
    });
    const creating = create(poster);
    await arrival(sandbox.url);

    const stopMs = performance.now();
    server.signal('SIGTERM');
    const readiness = await firstAnswers(server.url, poster);
    const created = await creating;
    const createdMs = performance.now();
    const code = await server.exited;
    const endMs = performance.now();
    const completed = await Promise.all(completes);
    const size = `a create in flight, ${streams} streams (SSE and WebSocket), ${idle} idle connections`;
    return [
      holds('/ready, the first answer after SIGTERM', size, String(readiness.ready), '503'),
      holds('calls meanwhile, before they are refused', size, readiness.call, 'data'),
      holds('the create in flight', size, created, 'CreatePayAfterOrderPayload'),
      all('streams that got complete', size, completed.filter(Boolean).length, streams),
      holds('exit code', size, String(code), '0'),
      atMost('exit after the create', size, Math.round(endMs - createdMs), 1_000, ' ms'),
      atMost('exit after SIGTERM', size, Math.round(endMs - stopMs), HARD_CAP_MS, ' ms'),
    ];
  },
};

/** Half of them over SSE, half over WebSocket; each resolves to whether it was completed. */
async function openStreams(url: string, count: number): Promise<readonly Promise<boolean>[]> {
  const sse = async () => {
    let opened = () => {};
    const open = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const completed = new Promise<boolean>((resolve) => {
      subscribe(url, null, { onOpen: opened, onEvent: () => {}, onEnd: resolve });
    });
    await open;
    return { completed };
  };
  const streams = await Promise.all(
    Array.from({ length: count }, (_, index) => (index % 2 ? sse() : subscribeBySocket(url))),
  );
  return streams.map(({ completed }) => completed);
}

async function create(poster: Poster): Promise<string> {
  const answer = await poster.graphql(CREATE, { input: inputOf('create', 'STOP-1', 1) });
  return answer.type === 'data' ? String(at(answer.data, 'result', '__typename')) : answer.type;
}

async function arrival(sandbox: string): Promise<void> {
  for (;;) {
    const calls = await control(sandbox, 'GET', '/sandbox/calls');
    if (Array.isArray(calls) && calls.some((call) => at(call, 'kind') === 'create')) {
      return;
    }
    await sleep(20);
  }
}

/** The first response of /ready that is not 200, and the result of a call at that time. */
async function firstAnswers(url: string, poster: Poster) {
  let ready = 200;
  while (ready === 200) {
    ready = await fetch(`${url}/ready`).then(
      ({ status }) => status,
      () => 0,
    );
  }
  const { type } = await poster.graphql('{ __typename }', {});
  return { ready, call: type };
}
