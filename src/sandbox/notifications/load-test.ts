import type { World } from '../sandbox.ts';
import { sendOnce } from './attempt.ts';
import { orderNotice } from './events.ts';
import type { Notice } from './notification.ts';

export interface Storm {
  readonly notices: number;
  readonly concurrency: number;
  /** Each notice has an id of its own, of one order after the other; false: one notice, many times. */
  readonly distinct: boolean;
}

/** How many notices were answered with which status; `timeout` and the like: with none. */
export type StormResult = Readonly<Record<string, number>>;

/** Sends many notices of orders that are accepted or paid, each once, and off the record. */
export async function storm(wanted: Storm, world: World): Promise<StormResult> {
  const notices = noticesOf(wanted, world);
  const counts: Record<string, number> = {};
  const sender = async () => {
    // All senders share one generator, so that each notice is sent by one of them.
    for (const notice of notices) {
      const status = await sendOnce(notice, world.faults.takeForNotice(), world);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: wanted.concurrency }, sender));
  return counts;
}

function* noticesOf({ notices, distinct }: Storm, world: World): Generator<Notice> {
  const orders = world.orders.all(world.clock.now()).filter(({ state }) => isAnnounced(state));
  const nth = (index: number) => {
    const order = orders[index % orders.length];
    return order && orderNotice(order, world);
  };
  const first = nth(0);
  for (let sent = 0; first && sent < notices && !world.closing.aborted; sent += 1) {
    yield (distinct ? nth(sent) : undefined) ?? first;
  }
}

function isAnnounced(state: string): boolean {
  return state === 'USER_ACCEPTED' || state === 'USER_PAID';
}
