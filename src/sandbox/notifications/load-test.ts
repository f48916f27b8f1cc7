import type { SandboxState } from '../sandbox.ts';
import { sendOnce } from './attempt.ts';
import { orderNotification } from './events.ts';
import type { Notification } from './notification.ts';

export interface Storm {
  readonly notifications: number;
  readonly concurrency: number;
  /** Each notification has an id of its own, of one order after the other; false: one notification, many times. */
  readonly distinct: boolean;
}

/** How many notifications were answered with which status; `timeout` and the like: with none. */
export type StormResult = Readonly<Record<string, number>>;

/** Sends many notifications of orders that are accepted or paid, each once, and off the record. */
export async function storm(wanted: Storm, world: SandboxState): Promise<StormResult> {
  const notifications = noticesOf(wanted, world);
  const counts: Record<string, number> = {};
  const sender = async () => {
    // All senders share one generator, so that each notification is sent by one of them.
    for (const notification of notifications) {
      const status = await sendOnce(notification, world.faults.takeForNotification(), world);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: wanted.concurrency }, sender));
  return counts;
}

function* noticesOf(
  { notifications, distinct }: Storm,
  world: SandboxState,
): Generator<Notification> {
  const orders = world.orders.all(world.clock.now()).filter(({ state }) => isAnnounced(state));
  const nth = (index: number) => {
    const order = orders[index % orders.length];
    return order && orderNotification(order, world);
  };
  const first = nth(0);
  for (let sent = 0; first && sent < notifications && !world.closing.aborted; sent += 1) {
    yield (distinct ? nth(sent) : undefined) ?? first;
  }
}

function isAnnounced(state: string): boolean {
  return state === 'USER_ACCEPTED' || state === 'USER_PAID';
}
