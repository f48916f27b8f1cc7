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
  /** Whether its thread never sleeps: only if the server has a core of its own. */
  readonly awake?: boolean;
  /** Called when every caller is connected, and the load begins. */
  readonly onReady?: () => void;
}

/** Sends queries from its own thread, so that it delays the server and not the clocks of others. */
export async function openLoad(
  url: string,
  { onReady, ...options }: OpenLoadOptions,
): Promise<OpenLoad> {
  const worker = new Worker(new URL('./open-loop.ts', import.meta.url), {
    workerData: { url, orders: 1, ...options },
  });
  const loads = await result(worker, onReady);
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
  readonly stop: () => Promise<{
    readonly failed: number;
    /** Responses, from the moment at which there were as many as loops. */
    readonly perSecond: number;
  }>;
}

/** Sends queries as fast as responses arrive, in this many loops, from its own thread. */
export function startQueries(
  url: string,
  loops: number,
  {
    orders = 1,
    awake = false,
    onReady,
  }: Pick<OpenLoadOptions, 'orders' | 'awake' | 'onReady'> = {},
): Queries {
  const worker = new Worker(new URL('./query-loops.ts', import.meta.url), {
    workerData: { url, loops, orders, awake },
  });
  const counted = result(worker, onReady);
  return {
    stop: async () => {
      worker.postMessage('stop');
      const counts = await counted;
      await worker.terminate();
      const count = (name: string) => Number(at(counts, name));
      return { failed: count('failed'), perSecond: count('perSecond') };
    },
  };
}

/** What a worker posts after `ready`. */
function result(worker: Worker, onReady: () => void = () => {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: unknown) => {
      if (message === 'ready') {
        onReady();
      } else {
        resolve(message);
      }
    });
  });
}
