import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, type Experiment, none } from '../experiment.ts';
import { checkLedger } from '../support/ledger-check.ts';
import { startQueries } from '../support/load-worker.ts';
import { p99Of } from '../support/pace.ts';
import { setUp } from '../support/setup.ts';
import { batch, steady } from '../support/steady-notifications.ts';
import { isAcknowledged } from '../support/storm.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = { full: { seconds: 20, goal: 10 }, quick: { seconds: 2, goal: 50 } } as const;
const PER_SECOND = 200;
const LOOPS = 32;
const CONNECTIONS = 64;

/** Notifications arrive at a steady rate while queries use the rest of the server's capacity. */
export const load: Experiment = {
  goal: 'G9',
  name: 'load',
  minutes: 1,
  run: async (scale, environment) => {
    const { seconds, goal } = SIZES[scale];
    await using setup = await setUp(environment, { connections: CONNECTIONS });
    const { keys, database, server, poster } = setup;
    await steady(poster, await batch(keys, 'W', PER_SECOND), PER_SECOND);

    const calm = await steady(poster, await batch(keys, 'C', seconds * PER_SECOND), PER_SECOND);
    const notifications = await batch(keys, 'L', seconds * PER_SECOND);
    const queries = startQueries(server.url, LOOPS);
    await sleep(500);
    const loaded = await steady(poster, notifications, PER_SECOND);
    const { perSecond: queried, failed } = await queries.stop();

    const sent = [...calm, ...loaded];
    const acknowledged = sent.filter(({ status }) => isAcknowledged(status));
    const { lost, twice, wrong } = await checkLedger(
      database,
      acknowledged.map(({ notification }) => notification),
    );
    const size = `${PER_SECOND} webhooks/s for ${seconds} s, ${Math.round(queried)} queries/s of ${LOOPS} loops`;
    const [base, p99] = [p99Of(calm), p99Of(loaded)];
    const times = `${base.toFixed(1)} → ${p99.toFixed(1)} ms`;
    return [
      atMost(`acknowledgement p99, times that without load (${times})`, size, p99 / base, goal),
      all('webhooks acknowledged', size, acknowledged.length, sent.length),
      none('acknowledged webhooks lost', size, lost),
      none('order states applied twice, or wrong', size, twice + wrong),
      none('queries failed', size, failed),
    ];
  },
};
