import { OURS } from '../candidates.ts';
import { middle } from '../compare.ts';
import { measure, type Sample } from '../measure.ts';
import { openRunner, warm } from '../runner.ts';
import type { Sizes } from '../sizes.ts';
import type { Operation } from '../work/requests.ts';
import { fillLedger } from './fill-ledger.ts';
import { subscribe } from './subscriptions.ts';

/** How the cost of our server grows with one dimension. */
export interface Series {
  readonly name: SeriesName;
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
  readonly notes: readonly string[];
}

export type SeriesName = 'concurrency' | 'ledger' | 'subscriptions' | 'instances';

export interface Point {
  readonly size: number;
  readonly operation: Operation;
  readonly sample: Sample;
}

export const OPERATIONS = [
  { operation: 'query', numbers: 'distinct' },
  { operation: 'create', numbers: 'new' },
] as const;
type Report = (line: string) => void;

/** One of these may contain the full garbage collection that so many new connections cause. */
const WINDOWS = 3;

/** From one client to very many concurrent ones. */
export async function growConcurrency(sizes: Sizes, report: Report): Promise<Series> {
  await using runner = await openRunner();
  const server = await runner.open(OURS);
  await warm(server, runner, sizes.warmSeconds);
  const points: Point[] = [];
  for (const concurrency of sizes.concurrencies) {
    report(`${concurrency} requests in flight`);
    for (const { operation, numbers } of OPERATIONS) {
      const { rewarmSeconds: warmSeconds, seconds } = sizes;
      const task = { operation, numbers, concurrency, warmSeconds, seconds };
      points.push({ size: concurrency, operation, sample: await measure(server, runner, task) });
    }
  }
  const [title, unit] = ['Requests in flight', 'in flight'];
  return { name: 'concurrency', title, unit, points, notes: [] };
}

/** From a young ledger to one with years of orders: a new server with a filled file each time. */
export async function growLedger(sizes: Sizes, report: Report): Promise<Series> {
  const points: Point[] = [];
  for (const rows of sizes.ledgers) {
    await using runner = await openRunner();
    report(`a ledger of ${rows} orders`);
    const server = await runner.open(OURS, {
      prepare: (directory) => fillLedger(directory, rows),
    });
    await warm(server, runner, sizes.warmSeconds);
    for (const { operation, numbers } of OPERATIONS) {
      const { rewarmSeconds: warmSeconds, seconds } = sizes;
      const task = { operation, numbers, concurrency: 64, warmSeconds, seconds };
      points.push({ size: rows, operation, sample: await measure(server, runner, task) });
    }
  }
  const notes = [
    'Each order has a row in `orders`, `intents` and `events`; the stored bodies are short.',
  ];
  return { name: 'ledger', title: 'Orders in the ledger', unit: 'orders', points, notes };
}

/** Open subscriptions without events, each to its own order. */
export async function growSubscriptions(sizes: Sizes, report: Report): Promise<Series> {
  await using runner = await openRunner();
  const server = await runner.open(OURS);
  await warm(server, runner, sizes.warmSeconds);
  const points: Point[] = [];
  const notes: string[] = [];
  let open = 0;
  for (const wanted of sizes.subscriptions) {
    report(`${wanted} subscriptions`);
    const { opened, note } = await subscribe(server, runner, wanted - open);
    open += opened;
    notes.push(...note);
    for (const { operation, numbers } of OPERATIONS) {
      const { rewarmSeconds: warmSeconds, seconds } = sizes;
      const task = { operation, numbers, concurrency: 64, warmSeconds, seconds };
      const samples: Sample[] = [];
      while (samples.length < WINDOWS) {
        samples.push(await measure(server, runner, task));
      }
      points.push({ size: open, operation, sample: middle(samples) });
    }
  }
  const title = 'Open subscriptions (SSE), idle';
  return { name: 'subscriptions', title, unit: 'subscriptions', points, notes };
}
