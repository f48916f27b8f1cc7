import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../candidates.ts';
import { numberAt, textAt } from '../process/answer.ts';
import { cpuTime, rssMb } from '../process/usage.ts';
import type { Runner } from '../runner.ts';

const IDLE_SECONDS = 2;

/** Opens more subscriptions, and measures what they cost while nothing happens. */
export async function subscribe(
  server: RunningServer,
  { load }: Runner,
  more: number,
): Promise<{ readonly opened: number; readonly note: readonly string[] }> {
  if (more <= 0) {
    return { opened: 0, note: [] };
  }
  const before = rssMb(server.pid);
  const { port, headers } = server;
  const answer = await load.ask({ ask: 'subscribe', port, headers, count: more });
  const opened = numberAt(answer, 'opened');
  const refusal = textAt(answer, 'refusal');
  const from = cpuTime(server.pid).all;
  await sleep(IDLE_SECONDS * 1000);
  const busy = (cpuTime(server.pid).all - from) / (IDLE_SECONDS * 1e6);
  const eachKb = ((rssMb(server.pid) - before) * 1024) / Math.max(1, opened);
  const idle = `${opened} more open: ${eachKb.toFixed(0)} KB of memory each, ${(busy * 100).toFixed(1)} % of a core while idle.`;
  const short = `${more - opened} of ${more} could not be opened: ${refusal}`;
  return { opened, note: opened < more ? [idle, short] : [idle] };
}
