import { connect, type Socket } from 'node:net';

/** One connection that carries one request at a time, with as little work as possible. */
export interface Connection {
  readonly send: (request: Buffer) => void;
  readonly close: () => void;
}

export interface ConnectionEvents {
  readonly onOpen: () => void;
  /** The whole response to the last request. */
  readonly onAnswer: (status: number, body: Buffer) => void;
  /** Called once; nothing follows. */
  readonly onClose: () => void;
}

const END_OF_HEAD = '\r\n\r\n';
const END_OF_CHUNKS = '0\r\n\r\n';

export function openConnection(
  port: number,
  { onOpen, onAnswer, onClose }: ConnectionEvents,
): Connection {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let got: Buffer | undefined;
  socket.on('connect', onOpen);
  socket.on('data', (part: Buffer) => {
    got = got === undefined ? part : Buffer.concat([got, part]);
    const answer = readAnswer(got);
    if (answer !== undefined) {
      got = undefined;
      onAnswer(answer.status, answer.body);
    }
  });
  socket.on('error', () => {});
  socket.on('close', onClose);
  return {
    send: (request) => socket.write(request),
    close: () => socket.destroy(),
  };
}

/** Undefined while it is incomplete. */
export function readAnswer(
  got: Buffer,
): { readonly status: number; readonly body: Buffer } | undefined {
  const end = got.indexOf(END_OF_HEAD);
  if (end < 0) {
    return undefined;
  }
  const head = got.toString('latin1', 0, end);
  const start = end + END_OF_HEAD.length;
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: ?(\d+)/i.exec(head)?.[1];
  if (length === undefined) {
    const whole = got.toString('latin1', got.length - END_OF_CHUNKS.length) === END_OF_CHUNKS;
    return whole ? { status, body: got.subarray(start) } : undefined;
  }
  return got.length < start + Number(length) ? undefined : { status, body: got.subarray(start) };
}
