import { expect } from 'vitest';

/** Expects something of a value that takes its time, also on a busy machine. */
export function soon<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: 8_000, interval: 20 });
}
