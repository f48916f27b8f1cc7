import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { at } from './json.ts';
import { createPoster } from './post.ts';

/**
 * A worker that asks at a given rate, whether or not it is answered, as a crowd of clients does; and
 * tells what came of each call.
 */
const TICK_MS = 5;
/** Clients are many, but not without end: beyond this they don't get to ask. */
const MOST_WAITING = 1_500;
const QUERY = '{ payAfterOrder(by: { outOrderNo: "ASKED" }) { outOrderNo state riskAmount } }';
const BODY = JSON.stringify({ query: QUERY });

const url = String(at(workerData, 'url'));
const perSecond = Number(at(workerData, 'perSecond'));
const seconds = Number(at(workerData, 'seconds'));
const good: number[] = [];
const refused: number[] = [];
const counts = { sent: 0, unsent: 0, bare: 0, broken: 0 };
let waiting = 0;

await using poster = createPoster(url, MOST_WAITING);
const ask = async () => {
  waiting += 1;
  const answer = await poster.send(BODY);
  waiting -= 1;
  if (answer?.status === 200 && answer.text.includes('"state":"')) {
    good.push(answer.ms);
  } else if (answer?.status === 503 || answer?.status === 429) {
    refused.push(answer.ms);
    counts.bare += answer.headers['retry-after'] === undefined ? 1 : 0;
  } else {
    counts.broken += 1;
  }
};
const startMs = performance.now();
const asked: Promise<void>[] = [];
for (let ms = 0; ms < seconds * 1000; ms = performance.now() - startMs) {
  const due = Math.floor((ms / 1000) * perSecond) - counts.sent - counts.unsent;
  const room = Math.max(0, Math.min(due, MOST_WAITING - waiting));
  counts.sent += room;
  counts.unsent += due - room;
  asked.push(...Array.from({ length: room }, ask));
  await sleep(TICK_MS);
}
await Promise.all(asked);
const tookS = (performance.now() - startMs) / 1000;
parentPort?.postMessage({ ...counts, good, refused, tookS });
