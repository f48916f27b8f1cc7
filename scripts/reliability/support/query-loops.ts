import { parentPort, workerData } from 'node:worker_threads';
import { at } from './json.ts';
import { createPoster } from './post.ts';

/** A worker that asks for one order as fast as answers come, until it gets a message. */
const QUERY = '{ payAfterOrder(by: { outOrderNo: "ASKED" }) { outOrderNo state riskAmount } }';

const { url, loops } = readData(workerData);
const counts = { answered: 0, failed: 0 };
let over = false;
parentPort?.once('message', () => {
  over = true;
});
await using poster = createPoster(url, loops);
await Promise.all(
  Array.from({ length: loops }, async () => {
    while (!over) {
      const answer = await poster.graphql(QUERY, {});
      const good =
        answer.type === 'data' && typeof at(answer.data, 'payAfterOrder', 'state') === 'string';
      counts.answered += 1;
      counts.failed += good ? 0 : 1;
    }
  }),
);
parentPort?.postMessage(counts);

function readData(data: unknown): { url: string; loops: number } {
  return { url: String(at(data, 'url')), loops: Number(at(data, 'loops')) };
}
