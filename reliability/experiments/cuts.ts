import { setTimeout as sleep } from 'node:timers/promises';
import { all, type Experiment, none } from '../experiment.ts';
import { count } from '../support/databases.ts';
import { compare, follow } from '../support/follower.ts';
import { makeNotification, makeNotifications } from '../support/notifications.ts';
import type { Poster } from '../support/post.ts';
import { between, pick } from '../support/stats.ts';
import { isAcknowledged } from '../support/storm.ts';

const SIZES = { full: 200, quick: 15 } as const;
const ORDERS_PER_CUT = 10;
const CATCH_UP_MS = 10_000;

/** A subscriber whose connection is closed again and again, while both instances write. */
export const cuts: Experiment = {
  goal: 'G15',
  name: 'cuts',
  minutes: 1,
  run: async (scale, environment) => {
    const times = SIZES[scale];
    const { keys, database, servers, posters } = await environment.pair();
    await posters[0].notification(await makeNotification(keys, 'C-FIRST', 'USER_ACCEPTED'));
    const first = await count(database, 'select max(id) from events');
    using follower = await follow(() => pick(servers).url, first);

    let done = 0;
    const statuses: number[] = [];
    const write = async (poster: Poster, writer: number) => {
      for (let wave = 0; done < times; wave += 1) {
        const numbers = Array.from({ length: ORDERS_PER_CUT }, (_, i) => `C${writer}-${wave}-${i}`);
        for (const notification of await makeNotifications(keys, numbers)) {
          statuses.push(await poster.notification(notification));
        }
      }
    };
    const cutting = async () => {
      while (done < times) {
        await sleep(between(20, 200));
        done += follower.cut() ? 1 : 0;
      }
    };
    const writers = [0, 1, 2, 3].map((writer) => write(posters[writer % 2 ? 1 : 0], writer));
    await Promise.all([cutting(), ...writers]);

    const last = await count(database, 'select max(id) from events');
    await follower.reaches(last, CATCH_UP_MS);
    const rows = await database.rows(`select id from events where id > ${first} order by id`);
    const log = rows.map(({ id }) => Number(id));
    const { missed, twice, disordered } = compare(follower.seen, log);
    const size = `${times} cuts, ${log.length} events, 4 writers on 2 instances, PostgreSQL`;
    return [
      none('events missed', size, missed),
      none('events seen twice', size, twice),
      none('events out of order', size, disordered),
      all('webhooks acknowledged', size, statuses.filter(isAcknowledged).length, statuses.length),
      all('events seen', size, follower.seen.length, log.length),
    ];
  },
};
