import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { askedQueries, isAnswered } from './asked-query.ts';
import { stayAwake } from './awake.ts';
import { at } from './json.ts';
import { type LeanAnswer, leanCalls } from './lean-calls.ts';

/**
 * A worker that sends requests at a given rate, independent of responses, as a crowd of clients
 * does; and reports the result of each call.
 */
const TICK_MS = 1;
const LAST_ANSWERS_MS = 20_000;
const RETRY_AFTER = '\r\nretry-after: ';

const url = String(at(workerData, 'url'));
const perSecond = Number(at(workerData, 'perSecond'));
const seconds = Number(at(workerData, 'seconds'));
const callers = Number(at(workerData, 'callers'));
const orders = Number(at(workerData, 'orders'));
using _awake = at(workerData, 'awake') === true ? stayAwake() : undefined;
const good: number[] = [];
const refused: number[] = [];
const late: number[] = [];
const counts = { sent: 0, unsent: 0, bare: 0, broken: 0 };
let waiting = 0;

const calls = await leanCalls(url, askedQueries(orders), callers);
const onAnswer = (answer: LeanAnswer | undefined) => {
  waiting -= 1;
  if (answer === undefined) {
    counts.broken += 1;
  } else if (isAnswered(answer)) {
    good.push(answer.ms);
  } else if (answer.status === 503 || answer.status === 429) {
    refused.push(answer.ms);
    counts.bare += answer.bytes.toString('latin1').toLowerCase().includes(RETRY_AFTER) ? 0 : 1;
  } else {
    counts.broken += 1;
  }
};
parentPort?.postMessage('ready');
const startMs = performance.now();
for (let ms = 0; ms < seconds * 1000; ms = performance.now() - startMs) {
  const due = Math.floor((ms / 1000) * perSecond) - counts.sent - counts.unsent;
  for (let left = due; left > 0; left -= 1) {
    const isSent = calls.send(onAnswer);
    waiting += isSent ? 1 : 0;
    counts[isSent ? 'sent' : 'unsent'] += 1;
  }
  const before = performance.now();
  await sleep(TICK_MS);
  late.push(performance.now() - before - TICK_MS);
}
while (waiting > 0 && performance.now() - startMs < seconds * 1000 + LAST_ANSWERS_MS) {
  await sleep(TICK_MS);
}
const tookS = (performance.now() - startMs) / 1000;
calls.close();
parentPort?.postMessage({ ...counts, good, refused, late, tookS });
