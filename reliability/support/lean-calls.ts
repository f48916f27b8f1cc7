import type { Socket } from 'node:net';
import { openSockets, PING } from './open-sockets.ts';

/** The response, and its latency in ms. */
export interface LeanAnswer {
  readonly status: number;
  /** Head and body. */
  readonly bytes: Buffer;
  readonly ms: number;
}

/** Sends requests in turn with as little work as possible, because the client is not measured. */
export interface LeanCalls {
  /** False if the maximum is waiting. The response is undefined if none arrived. */
  readonly send: (onAnswer: (answer: LeanAnswer | undefined) => void) => boolean;
  readonly close: () => void;
}

interface Line {
  readonly socket: Socket;
  onAnswer?: ((answer: LeanAnswer | undefined) => void) | undefined;
  sentMs: number;
  got: Buffer;
}

const CONNECT_AT_ONCE = 50;
const NOTHING = Buffer.alloc(0);
const END_OF_HEAD = '\r\n\r\n';
const LENGTH = '\r\ncontent-length: ';

/**
 * Connects before the measurement: libuv accepts one new connection in each turn of its loop, so
 * thousands of connections take a busy server seconds.
 * @param most connections; each carries one call at a time
 */
export async function leanCalls(
  url: string,
  requests: readonly Buffer[],
  most: number,
): Promise<LeanCalls> {
  const sockets: Socket[] = [];
  while (sockets.length < most) {
    const some = Math.min(CONNECT_AT_ONCE, most - sockets.length);
    sockets.push(...(await openSockets(url, some, PING)));
  }
  const free = sockets.map((socket) => {
    const line: Line = { socket, sentMs: 0, got: NOTHING };
    const answer = (answer: LeanAnswer | undefined) => {
      const { onAnswer } = line;
      line.onAnswer = undefined;
      line.got = NOTHING;
      onAnswer?.(answer);
    };
    socket.on('data', (part: Buffer) => {
      line.got = line.got.length === 0 ? part : Buffer.concat([line.got, part]);
      if (isWhole(line.got)) {
        const ms = performance.now() - line.sentMs;
        const bytes = line.got;
        free.push(line);
        answer({ status: Number(bytes.toString('latin1', 9, 12)), bytes, ms });
      }
    });
    socket.once('close', () => {
      free.splice(0, free.length, ...free.filter((other) => other !== line));
      answer(undefined);
    });
    return line;
  });
  let turn = 0;
  return {
    send: (onAnswer) => {
      // All in turn: an unused one would be closed.
      const line = free.shift();
      if (line === undefined) {
        return false;
      }
      line.onAnswer = onAnswer;
      line.sentMs = performance.now();
      line.socket.write(requests[turn % requests.length] ?? NOTHING);
      turn += 1;
      return true;
    },
    close: () => {
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

/** For responses with a Content-Length, as those of this server. */
function isWhole(got: Buffer): boolean {
  const end = got.indexOf(END_OF_HEAD, 0, 'latin1');
  if (end < 0) {
    return false;
  }
  const head = got.toString('latin1', 0, end).toLowerCase();
  const at = head.indexOf(LENGTH);
  const length = at < 0 ? Number.NaN : Number.parseInt(head.slice(at + LENGTH.length), 10);
  return got.length >= end + END_OF_HEAD.length + length;
}
