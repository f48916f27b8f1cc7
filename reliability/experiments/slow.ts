import { atMost, type Experiment, none } from '../experiment.ts';
import { BROWSER } from '../support/caller.ts';
import { atPace, p99Of } from '../support/pace.ts';
import type { Poster } from '../support/post.ts';
import { setUp } from '../support/setup.ts';
import { beSlow, SLOW_KINDS } from '../support/slow-clients.ts';

const SIZES = {
  full: { clients: 500, seconds: 30, goal: 5 },
  quick: { clients: 20, seconds: 2, goal: 50 },
} as const;
const PER_SECOND = 50;
const QUICK_KINDS = 2;

/** Clients that never finish a request, or never read: disconnected in time, without cost to others. */
export const slow: Experiment = {
  goal: 'G6',
  name: 'slow',
  minutes: 1.5,
  run: async (scale, environment) => {
    const { clients, seconds, goal } = SIZES[scale];
    await using setup = await setUp(environment, {
      connections: 16,
      variables: { GRAPHIQL: 'on' },
    });
    const { server, poster } = setup;
    await openPage(server.url);
    await ask(poster, 1);
    const calm = await ask(poster, seconds);
    const kinds = scale === 'full' ? SLOW_KINDS : SLOW_KINDS.slice(0, QUICK_KINDS);
    const beingSlow = kinds.map(async (kind) => ({
      kind,
      after: await beSlow(server.url, kind, clients),
    }));
    const meanwhile = await ask(poster, seconds);
    const ends = await Promise.all(beingSlow);
    const [before, during] = [p99Of(calm), p99Of(meanwhile)];
    const times = `${before.toFixed(1)} → ${during.toFixed(1)} ms`;
    const all = `${clients} of each kind, ${PER_SECOND} queries/s`;
    const failed = [...calm, ...meanwhile].filter(({ good }) => !good).length;
    return [
      ...ends.map(({ kind: { name, goalS }, after }) =>
        atMost(
          `slow ${name}: the last is closed after`,
          `${clients} clients`,
          Math.max(...after),
          goalS,
          ' s',
        ),
      ),
      atMost(
        `p99 of others, times that without slow clients (${times})`,
        all,
        during / before,
        goal,
      ),
      none('queries of others that failed', all, failed),
    ];
  },
};

/** It is rendered on the first request; and a client that never receives it would not be a slow reader. */
async function openPage(url: string): Promise<void> {
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html', ...BROWSER } });
  await page.arrayBuffer();
  if (!page.ok) {
    throw new Error(`The page is answered with ${page.status}.`);
  }
}

async function ask(poster: Poster, seconds: number) {
  const queries = Array.from({ length: seconds * PER_SECOND });
  return await atPace(queries, PER_SECOND, async () => {
    const startMs = performance.now();
    const answer = await poster.graphql(
      '{ payAfterOrder(by: { outOrderNo: "ASKED" }) { state } }',
      {},
    );
    return { good: answer.type === 'data', ms: performance.now() - startMs };
  });
}
