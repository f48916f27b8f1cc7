import { NUMBER_LENGTH } from '../work/requests.ts';
import { type Connection, openConnection } from './connection.ts';

/**
 * `distinct`: no two requests in flight query the same order, out of a set that the server has
 * seen; `hot`: all query one order; `new`: a number that was never used.
 */
export type Numbers = 'distinct' | 'hot' | 'new';

export interface Job {
  readonly port: number;
  readonly before: string;
  readonly after: string;
  readonly numbers: Numbers;
  /** Requests in flight, each on a connection of its own. */
  readonly concurrency: number;
  /** The rate of an open loop, which has at most `concurrency` in flight; undefined: a closed loop. */
  readonly perSecond?: number | undefined;
}

export interface Tally {
  readonly latenciesMs: number[];
  /** Rejected with a 503: retried later, as Retry-After says. */
  refused: number;
  failed: number;
  /** The first failure. */
  failure: string;
}

/** Orders that `distinct` queries; fewer than a server remembers. */
export const KNOWN_ORDERS = 2_048;
const REOPEN_MS = 20;
const RETRY_AFTER_MS = 1_000;
/** Characters of an unexpected response. */
export const SHOWN = 200;

export interface Lanes {
  /** How many requests have a response. */
  readonly answered: () => number;
  readonly stop: () => void;
}

/** Each lane sends its next request as soon as it has the response to the last. */
export function startLanes(job: Job, tally: () => Tally, newNumber: () => number): Lanes {
  const { port, concurrency } = job;
  const closers: (() => void)[] = [];
  const answered = new Set<number>();
  let over = false;
  for (let lane = 0; lane < concurrency; lane += 1) {
    const next = numbersOf(job, lane, newNumber);
    closers[lane] = () => {};
    const open = () => {
      let sentMs = 0;
      let number = '';
      const send = () => {
        number = next();
        sentMs = performance.now();
        connection.send(Buffer.from(job.before + number + job.after));
      };
      const connection: Connection = openConnection(port, {
        onOpen: send,
        onAnswer: (status, body) => {
          const now = tally();
          answered.add(lane);
          if (status === 503) {
            now.refused += 1;
            setTimeout(() => over || send(), RETRY_AFTER_MS);
            return;
          }
          if (isExpected(status, body, number)) {
            now.latenciesMs.push(performance.now() - sentMs);
          } else {
            now.failed += 1;
            now.failure ||= `${status} ${body.toString().slice(0, SHOWN)}`;
          }
          if (!over) {
            send();
          }
        },
        onClose: () => {
          if (!over) {
            setTimeout(() => over || open(), REOPEN_MS);
          }
        },
      });
      closers[lane] = connection.close;
    };
    open();
  }
  return {
    answered: () => answered.size,
    stop: () => {
      over = true;
      for (const close of closers) {
        close();
      }
    },
  };
}

export function isExpected(status: number, body: Buffer, number: string): boolean {
  return status === 200 && body.includes(number) && !body.includes('"errors"');
}

export function numbersOf(
  { numbers, concurrency }: Job,
  lane: number,
  newNumber: () => number,
): () => string {
  const each = Math.floor(KNOWN_ORDERS / concurrency);
  // Not from the start each time, so that all are queried.
  let turn = Math.floor(Math.random() * each);
  switch (numbers) {
    case 'hot':
      return () => outOrderNo('Q', 0);
    case 'new':
      return () => outOrderNo('N', newNumber());
    case 'distinct':
      return () => {
        turn = (turn + 1) % each;
        return outOrderNo('Q', lane + turn * concurrency);
      };
  }
}

export function outOrderNo(kind: string, number: number): string {
  return kind + String(number).padStart(NUMBER_LENGTH - kind.length, '0');
}
