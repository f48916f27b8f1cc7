import { all, atMost, type Experiment } from '../experiment.ts';
import { type Follower, follow } from '../support/follower.ts';
import { makeNotification } from '../support/notifications.ts';
import { percentile } from '../support/stats.ts';
import { isAcknowledged } from '../support/storm.ts';

/** Quick experiments share the machine with others: their times prove little. */
const SIZES = {
  full: { events: 50, goalMs: 1_000 },
  quick: { events: 10, goalMs: 5_000 },
} as const;
const GIVE_UP_MS = 10_000;

/** A subscriber of one instance receives events that another instance recorded. */
export const twoInstances: Experiment = {
  goal: 'G15',
  name: 'two-instances',
  minutes: 1,
  run: async (scale, environment) => {
    const { events, goalMs } = SIZES[scale];
    const { keys, servers, posters } = await environment.pair();
    const [one] = servers;
    using follower = await follow(() => one.url, null);
    const delays: number[] = [];
    for (let index = 0; index < events; index += 1) {
      const notification = await makeNotification(keys, `T${index}`, 'USER_ACCEPTED');
      const startMs = performance.now();
      const status = await posters[1].notification(notification);
      const atMs = isAcknowledged(status)
        ? await arrival(follower, notification.outOrderNo)
        : undefined;
      delays.push(...(atMs === undefined ? [] : [atMs - startMs]));
    }
    const size = `${events} events, 2 instances, PostgreSQL`;
    return [
      all('sent to the other instance and seen', size, delays.length, events),
      atMost('from webhook to subscriber, slowest', size, percentile(delays, 1), goalMs, ' ms'),
    ];
  },
};

async function arrival(follower: Follower, outOrderNo: string): Promise<number | undefined> {
  const known = () => follower.seen.find((event) => event.outOrderNo === outOrderNo);
  const deadline = performance.now() + GIVE_UP_MS;
  while (known() === undefined && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return known()?.atMs;
}
