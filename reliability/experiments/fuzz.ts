import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'undici';
import { withoutIds } from '../../test/fixtures/app/answer-checks.ts';
import { holdsValue } from '../../test/fixtures/graphql/arbitraries.ts';
import { atLeast, type Experiment, holds, none, type Row } from '../experiment.ts';
import { count } from '../support/databases.ts';
import type { Findings } from '../support/fuzz-findings.ts';
import { fuzzHttp, graphqlCases, notificationCases } from '../support/fuzz-http.ts';
import { fuzzSocket } from '../support/fuzz-socket.ts';
import { setUp } from '../support/setup.ts';

const SIZES = {
  full: { graphql: 60_000, notifications: 25_000, messages: 20_000 },
  quick: { graphql: 1_500, notifications: 600, messages: 500 },
} as const;
const SEED = 20_261_124;

/** Whatever is sent to any endpoint is refused with a code, and never echoed. */
export const fuzz: Experiment = {
  goal: 'G5',
  name: 'fuzz',
  minutes: 6,
  run: async (scale, environment) => {
    const { graphql, notifications, messages } = SIZES[scale];
    await using setup = await setUp(environment);
    const { directory, keys, database, server } = setup;
    const pool = new Pool(server.url, { connections: 32 });
    const overHttp = await fuzzHttp(pool, graphqlCases, { count: graphql, seed: SEED });
    const ofNotifications = await fuzzHttp(pool, await notificationCases(keys), {
      count: notifications,
      seed: SEED,
    });
    const overSocket = await fuzzSocket(server.url, { count: messages, seed: SEED });
    const health = await pool.request({ method: 'GET', path: '/health' });
    await health.body.dump();
    await pool.destroy();
    const stored = await count(database, 'select count(*) from notifications');
    const cases = overHttp.cases + ofNotifications.cases + overSocket.cases;
    const size = `${cases} cases, seed ${SEED}`;
    return [
      atLeast('cases', size, cases, graphql + notifications + messages),
      ...rowsOf('GraphQL over HTTP', overHttp),
      ...rowsOf('webhooks', ofNotifications),
      ...rowsOf('WebSocket', overSocket),
      none('webhooks stored', size, stored),
      none('log lines with input', size, await echoesIn(directory.path)),
      holds(
        'the process',
        size,
        server.isRunning() && health.statusCode === 200 ? 'lives' : 'died',
        'lives',
      ),
    ];
  },
};

function rowsOf(way: string, { cases, serverErrors, malformed, echoes }: Findings): readonly Row[] {
  const size = `${cases} cases`;
  const row = (what: string, found: readonly string[]) => {
    const example = found[0] === undefined ? '' : ` (first: ${found[0]})`;
    return none(`${way}: ${what}${example}`, size, found.length);
  };
  return [
    row('5xx or internal error', serverErrors),
    row('error without a code', malformed),
    row('input echoed', echoes),
  ];
}

async function echoesIn(directory: string): Promise<number> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => holdsValue(withoutIds(line)))
    .length;
}
