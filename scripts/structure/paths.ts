import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequestIds } from '../../src/http/request-headers.ts';
import { createLog } from '../../src/observability/log.ts';
import { start } from '../../src/start.ts';

const CREATE = `mutation ($no: String!) { createPayAfterOrder(input: { outOrderNo: $no,
  serviceStartTime: "OnAccept", serviceStartLocation: "深圳", serviceIntroduction: "骑行", riskAmount: 100 }) {
  __typename ... on CreatePayAfterOrderPayload { orderId } } }`;
const SANDBOX_PORT = '0';
/** What is recorded in the background belongs to the path. */
const SETTLED_MS = 300;
/** In so many spans without a request every timer fires; what timers run belongs to no request. */
const IDLE_SPANS = 5;

/** The files under src, without the sandbox, in which a function runs for one request. */
export async function filesOnPaths(): Promise<{
  readonly create: readonly string[];
  readonly notification: readonly string[];
}> {
  const lines: string[] = [];
  const requests = createRequestIds();
  const log = createLog({ destination: { write: (line) => lines.push(line) } });
  const env = { PORT: '0', SANDBOX_PORT, DATABASE_URL: 'sqlite::memory:', GRAPHIQL: 'off' };
  const server = await start({ env, log, requests });
  const sandbox = lines.map((line) => JSON.parse(line).sandbox).find(Boolean);
  const create = (no: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: CREATE, variables: { no } }),
    }).then((response) => response.text());
  const confirm = (no: string) =>
    fetch(`${sandbox}/sandbox/orders/${no}/confirm`, { method: 'POST' });
  await create('W1');
  await confirm('W1');
  await create('W2');
  await sleep(SETTLED_MS);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  /** How often each function runs until everything is settled, by file and place. */
  const countsOf = async (run: () => Promise<unknown>) => {
    await session.post('Profiler.takePreciseCoverage');
    await run();
    await sleep(SETTLED_MS);
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result.flatMap(({ url, functions }) =>
      functions
        .filter(({ functionName }) => functionName !== '')
        .map(({ ranges: [range] }) => ({
          url,
          place: `${url}:${range?.startOffset}`,
          count: range?.count ?? 0,
        })),
    );
  };
  const idle = new Map<string, number>();
  for (let span = 0; span < IDLE_SPANS; span += 1) {
    for (const { place, count } of await countsOf(() => Promise.resolve())) {
      idle.set(place, Math.max(count, idle.get(place) ?? 0));
    }
  }
  const filesOf = async (run: () => Promise<unknown>) => {
    const counts = await countsOf(run);
    const paths = counts
      .filter(({ place, count }) => count > (idle.get(place) ?? 0))
      .map(({ url }) => /\/src\/(.+)$/.exec(url)?.[1] ?? '')
      .filter((path) => path !== '' && !path.startsWith('sandbox/'));
    return [...new Set(paths)].toSorted();
  };
  const paths = {
    create: await filesOf(() => create('W3')),
    notification: await filesOf(() => confirm('W3')),
  };
  await server.close(5_000);
  return paths;
}
