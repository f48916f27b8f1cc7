import { all, type Experiment, type Row } from '../experiment.ts';
import { count } from '../support/databases.ts';
import { makeNotification } from '../support/notifications.ts';
import { isAcknowledged } from '../support/storm.ts';

const SIZES = { full: 1_000, quick: 100 } as const;

/** One notification, many times concurrently, to two instances: one effect, and none is rejected. */
export const sameNotification: Experiment = {
  goal: 'G10',
  name: 'same-notification',
  minutes: 1,
  run: async (scale, environment) => {
    const times = SIZES[scale];
    const { keys, database, posters } = await environment.pair();
    const notification = await makeNotification(keys, 'SAME', 'USER_PAID');
    const answers = await Promise.all(
      Array.from({ length: times }, (_, index) =>
        posters[index % 2 ? 1 : 0].notification(notification),
      ),
    );
    const events = await count(database, "select count(*) from events where out_order_no = 'SAME'");
    const inbox = await count(
      database,
      `select count(*) from notifications where id = '${notification.id}'`,
    );
    const size = `${times} concurrent, 2 instances, PostgreSQL`;
    return [
      all('answers 2xx', size, answers.filter(isAcknowledged).length, times),
      exactlyOne('events', size, events),
      exactlyOne('rows in the inbox', size, inbox),
    ];
  },
};

function exactlyOne(what: string, size: string, figure: number): Row {
  return { what, size, figure: String(figure), wanted: '1', pass: figure === 1 };
}
