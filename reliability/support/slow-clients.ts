import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BROWSER, CALLER } from './caller.ts';

/** A client that is slow in one part of a call. */
interface SlowKind {
  readonly name: string;
  /** What it sends immediately. */
  readonly first: string;
  /** What it sends each second. */
  readonly later: string;
  readonly reads: boolean;
  /** The server must have closed it by then. */
  readonly goalS: number;
}

const SECOND_MS = 1_000;
/** This many start each second, as with slowhttptest, to avoid a burst. */
const PER_SECOND = 50;
const headersOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
const HEAD = `POST /graphql HTTP/1.1\r\nhost: localhost\r\n${headersOf(CALLER)}`;
/** The largest response, built in advance: it costs nearly nothing. */
const PAGE = `GET /graphql HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n${headersOf(BROWSER)}\r\n`;
/** More than the buffers of the system can contain, which are some 4 MB over loopback. */
const PAGES = 3;

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
    first: PAGE.repeat(PAGES),
    later: '\r\n',
    reads: false,
    goalS: 30,
  },
];

/** The seconds until the server has closed each of them; infinite if it has not in time. */
export async function beSlow(
  url: string,
  { first, later, reads, goalS }: SlowKind,
  count: number,
): Promise<readonly number[]> {
  const { hostname, port } = new URL(url);
  const giveUpMs = (goalS + 5) * SECOND_MS;
  const one = async (_: unknown, index: number): Promise<number> => {
    await sleep((index * SECOND_MS) / PER_SECOND);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    if (reads) {
      socket.resume();
      socket.once('end', () => socket.destroy());
    } else {
      socket.pause();
    }
    socket.write(first);
    const startMs = performance.now();
    // Writing to a closed connection fails, which also detects the close for a client that does not
    // read.
    const saying = setInterval(() => socket.write(later), SECOND_MS);
    let wasLate = false;
    const late = setTimeout(() => {
      wasLate = true;
      socket.destroy();
    }, giveUpMs);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    clearInterval(saying);
    clearTimeout(late);
    return wasLate ? Number.POSITIVE_INFINITY : (performance.now() - startMs) / SECOND_MS;
  };
  return await Promise.all(Array.from({ length: count }, one));
}
