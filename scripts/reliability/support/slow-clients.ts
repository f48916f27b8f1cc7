import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CALLER } from './caller.ts';

/** A client that takes its time over one part of a call. */
interface SlowKind {
  readonly name: string;
  /** What it says at once. */
  readonly first: string;
  /** What it says each second. */
  readonly later: string;
  readonly reads: boolean;
  /** By when the server is to have closed it. */
  readonly goalS: number;
}

const SECOND_MS = 1_000;
const HEAD = `POST /graphql HTTP/1.1\r\nhost: x\r\n${Object.entries(CALLER)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')}`;
const LARGE = JSON.stringify({
  query: '{ __schema { types { name description fields { name description } } } }',
});
const LARGE_CALL = `${HEAD}content-type: application/json\r\ncontent-length: ${LARGE.length}\r\n\r\n${LARGE}`;
/** More than the buffers of the system hold. */
const LARGE_CALLS = 200;

export const SLOW_KINDS: readonly SlowKind[] = [
  { name: 'headers', first: HEAD, later: 'x-a: b\r\n', reads: true, goalS: 6 },
  {
    name: 'bodies',
    first: `${HEAD}content-type: application/json\r\ncontent-length: 60000\r\n\r\n{`,
    later: ' ',
    reads: true,
    goalS: 11,
  },
  {
    name: 'readers',
    first: LARGE_CALL.repeat(LARGE_CALLS),
    later: '\r\n',
    reads: false,
    goalS: 30,
  },
];

/** How many seconds until the server has closed each of them; infinite where it has not in time. */
export async function beSlow(
  url: string,
  { first, later, reads, goalS }: SlowKind,
  count: number,
): Promise<readonly number[]> {
  const { hostname, port } = new URL(url);
  const giveUpMs = (goalS + 5) * SECOND_MS;
  const one = async (): Promise<number> => {
    const socket = connect(Number(port), hostname);
    let closed = false;
    socket.on('error', () => {});
    socket.once('close', () => {
      closed = true;
    });
    if (reads) {
      socket.resume();
      socket.once('end', () => {
        closed = true;
      });
    } else {
      socket.pause();
    }
    socket.write(first);
    const startMs = performance.now();
    let saidMs = startMs;
    while (!closed && performance.now() - startMs < giveUpMs) {
      await sleep(50);
      if (performance.now() - saidMs > SECOND_MS) {
        saidMs = performance.now();
        // To one that is closed this fails, and so tells even who does not read.
        socket.write(later);
      }
    }
    socket.destroy();
    return closed ? (performance.now() - startMs) / SECOND_MS : Number.POSITIVE_INFINITY;
  };
  return await Promise.all(Array.from({ length: count }, one));
}
