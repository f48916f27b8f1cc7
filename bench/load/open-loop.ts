import { type Connection, openConnection } from './connection.ts';
import { isExpected, type Job, type Lanes, numbersOf, SHOWN, type Tally } from './lanes.ts';

const TURN_MS = 1;

interface Idle {
  readonly connection: Connection;
  readonly next: () => string;
  /** Set with each request. */
  current: { readonly dueMs: number; readonly number: string } | undefined;
}

/**
 * Sends at a rate, whether responses arrive or not: a request that finds no idle connection waits
 * for one, and its latency counts from when it was due. Otherwise a slow server would be asked less,
 * and its worst moments would not be seen.
 */
export function startOpenLoop(
  job: Job & { readonly perSecond: number },
  tally: () => Tally,
  newNumber: () => number,
): Lanes {
  const idle: Idle[] = [];
  const waiting: number[] = [];
  const answered = new Set<Connection>();
  const closers: (() => void)[] = [];
  let over = false;
  let dueMs = 0;
  const send = (lane: Idle, due: number) => {
    const number = lane.next();
    lane.current = { dueMs: due, number };
    lane.connection.send(Buffer.from(job.before + number + job.after));
  };
  const free = (lane: Idle) => {
    const due = waiting.shift();
    if (due === undefined) {
      idle.push(lane);
    } else {
      send(lane, due);
    }
  };
  for (let index = 0; index < job.concurrency; index += 1) {
    const connection = openConnection(job.port, {
      onOpen: () => free(lane),
      onAnswer: (status, body) => {
        const { current } = lane;
        answered.add(connection);
        const now = tally();
        if (current !== undefined && isExpected(status, body, current.number)) {
          now.latenciesMs.push(performance.now() - current.dueMs);
        } else if (status === 503) {
          now.refused += 1;
        } else {
          now.failed += 1;
          now.failure ||= `${status} ${body.toString().slice(0, SHOWN)}`;
        }
        if (!over) {
          free(lane);
        }
      },
      onClose: () => {
        if (!over) {
          const now = tally();
          now.failed += 1;
          now.failure ||= 'a connection was closed';
        }
      },
    });
    const lane: Idle = { connection, next: numbersOf(job, index, newNumber), current: undefined };
    closers.push(connection.close);
  }
  const everyMs = 1_000 / job.perSecond;
  const turn = setInterval(() => {
    const nowMs = performance.now();
    dueMs ||= nowMs;
    for (; dueMs <= nowMs; dueMs += everyMs) {
      const lane = idle.shift();
      if (lane === undefined) {
        waiting.push(dueMs);
      } else {
        send(lane, dueMs);
      }
    }
  }, TURN_MS);
  return {
    answered: () => answered.size,
    stop: () => {
      over = true;
      clearInterval(turn);
      for (const close of closers) {
        close();
      }
    },
  };
}
