import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { within } from '../../within.ts';
import { connectionOf } from './connections.ts';

/** How long the doctor waits for its notification. */
const TRIAL_MS = 2_000;

/**
 * Whether what one connection notifies arrives at the other, which a pooler in transaction mode
 * prevents.
 * @throws why one of them cannot connect
 */
export async function tryNotify(url: string, listenUrl: string): Promise<boolean> {
  const channel = `payafter_trial_${randomUUID().replaceAll('-', '')}`;
  const listener = new pg.Client(connectionOf(listenUrl));
  const sender = new pg.Client(connectionOf(url));
  const heard = new Promise<boolean>((resolve) => {
    listener.on('notification', () => resolve(true));
  });
  try {
    for (const client of [listener, sender]) {
      client.on('error', () => {});
      await client.connect();
    }
    await listener.query(`listen ${channel}`);
    await sender.query(`notify ${channel}`);
    return await within(TRIAL_MS, heard, false);
  } finally {
    await Promise.allSettled([listener.end(), sender.end()]);
  }
}
