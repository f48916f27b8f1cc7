import { parentPort, workerData } from 'node:worker_threads';
import { askedQueries, isAnswered } from './asked-query.ts';
import { stayAwake } from './awake.ts';
import { at } from './json.ts';
import { leanCalls } from './lean-calls.ts';

/**
 * A worker that queries orders as fast as responses arrive, until it gets a message. The rate is
 * counted from the moment at which there were as many responses as loops.
 */
const loops = Number(at(workerData, 'loops'));
const orders = Number(at(workerData, 'orders'));
const calls = await leanCalls(String(at(workerData, 'url')), askedQueries(orders), loops);
const awake = at(workerData, 'awake') === true ? stayAwake() : undefined;
const counts = { answered: 0, failed: 0 };
let fromMs = performance.now();
let over = false;
const ask = () =>
  calls.send((answer) => {
    if (over) {
      return;
    }
    counts.answered += 1;
    counts.failed += answer !== undefined && isAnswered(answer) ? 0 : 1;
    if (counts.answered === loops) {
      fromMs = performance.now();
    }
    ask();
  });
parentPort?.postMessage('ready');
for (let loop = 0; loop < loops; loop += 1) {
  ask();
}
parentPort?.once('message', () => {
  over = true;
  awake?.[Symbol.dispose]();
  calls.close();
  const seconds = (performance.now() - fromMs) / 1_000;
  const perSecond = Math.max(0, counts.answered - loops) / seconds;
  parentPort?.postMessage({ failed: counts.failed, perSecond });
});
