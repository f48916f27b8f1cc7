import { vi } from 'vitest';
import type { OrderEvent } from '../../src/ledger/records.ts';

/** The next events of a stream. */
export async function take(
  stream: AsyncIterableIterator<OrderEvent>,
  count: number,
): Promise<OrderEvent[]> {
  const events: OrderEvent[] = [];
  while (events.length < count) {
    const { done, value } = await stream.next();
    if (done) {
      break;
    }
    events.push(value);
  }
  return events;
}

export const idsOf = (events: readonly Pick<OrderEvent, 'id'>[]) => events.map(({ id }) => id);

export const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** What is opened within has intervals that never come: no polling. */
export async function withoutPolling<T>(open: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    return await open();
  } finally {
    vi.useRealTimers();
  }
}
