import { Worker } from 'node:worker_threads';
import { at } from './json.ts';

/** The results of calls at a given rate. */
export interface OpenLoad {
  readonly sent: number;
  /** Due, but too many requests were in flight. */
  readonly unsent: number;
  /** Latency in ms of each expected response. */
  readonly good: readonly number[];
  /** Latency in ms of each 503 and 429, and how many had no Retry-After. */
  readonly refused: readonly number[];
  readonly bare: number;
  /** Another response, or none. */
  readonly broken: number;
  /** The lateness of the generator in ms, at each of its turns. */
  readonly late: readonly number[];
  readonly tookS: number;
}

export interface OpenLoadOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** Maximum concurrent callers; requests beyond it are not sent. */
  readonly callers: number;
  /** How many it queries in turn: concurrent queries of one order share a call to WeChat Pay. */
  readonly orders?: number;
  /** Whether its thread never sleeps: only if it has a core of its own. */
  readonly awake?: boolean;
}

/** Sends queries from its own thread, so that it delays the server and not the clocks of others. */
export async function openLoad(url: string, options: OpenLoadOptions): Promise<OpenLoad> {
  const worker = new Worker(new URL('./open-loop.ts', import.meta.url), {
    workerData: { url, orders: 1, ...options },
  });
  const loads = await message(worker);
  await worker.terminate();
  const number = (name: string) => Number(at(loads, name));
  const list = (name: string): readonly number[] => {
    const value = at(loads, name);
    return Array.isArray(value) ? value.map(Number) : [];
  };
  return {
    sent: number('sent'),
    unsent: number('unsent'),
    good: list('good'),
    refused: list('refused'),
    bare: number('bare'),
    broken: number('broken'),
    late: list('late'),
    tookS: number('tookS'),
  };
}

interface Queries {
  readonly stop: () => Promise<{ readonly answered: number; readonly failed: number }>;
}

/** Sends queries as fast as responses arrive, in this many loops, from its own thread. */
export function startQueries(
  url: string,
  loops: number,
  { orders = 1, awake = false }: Pick<OpenLoadOptions, 'orders' | 'awake'> = {},
): Queries {
  const worker = new Worker(new URL('./query-loops.ts', import.meta.url), {
    workerData: { url, loops, orders, awake },
  });
  const counted = message(worker);
  return {
    stop: async () => {
      worker.postMessage('stop');
      const counts = await counted;
      await worker.terminate();
      return { answered: Number(at(counts, 'answered')), failed: Number(at(counts, 'failed')) };
    },
  };
}

function message(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', resolve);
  });
}
