import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TlsIdentity } from './authority.ts';

/** A response of the WeChat Pay behind the front. */
interface TrueAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A fault of a call. */
export interface FrontFault {
  /** Whether the call reaches WeChat Pay, although its response is faulty. */
  readonly takesEffect: boolean;
  /** If omitted, calls of every method are faulty. */
  readonly method?: 'GET' | 'POST';
  /** @param socket the TCP socket below TLS: only that can be reset */
  readonly answer: (response: ServerResponse, answer: TrueAnswer, socket: Socket) => void;
}

/** A TLS proxy in front of a WeChat Pay over HTTP. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
  /** Calls that were parsed as HTTP. */
  readonly calls: () => number;
  /** Injects a fault into this many calls. Null: no fault. */
  readonly behave: (fault: FrontFault | null, times?: number) => void;
  /** Applies to new connections; open ones are closed. */
  readonly show: (identity: TlsIdentity) => void;
}

const NOTHING: TrueAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };

export async function startTlsFront(
  target: string,
  identity: TlsIdentity,
  port = 0,
): Promise<TlsFront> {
  let fault: FrontFault | null = null;
  let left = 0;
  let calls = 0;
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    calls += 1;
    const body = await buffer(incoming);
    const applies = fault?.method === undefined || fault.method === incoming.method;
    const wrong = applies && left > 0 ? fault : null;
    left -= applies ? 1 : 0;
    const answer = wrong?.takesEffect === false ? NOTHING : await forward(target, incoming, body);
    if (wrong) {
      const { remotePort } = incoming.socket;
      const below = [...sockets].find((socket) => socket.remotePort === remotePort);
      wrong.answer(response, answer, below ?? incoming.socket);
    } else {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  };
  const server = createServer(identity, (incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.on('tlsClientError', () => {});
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const cut = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    calls: () => calls,
    behave: (next, times = Number.POSITIVE_INFINITY) => {
      fault = next;
      left = times;
    },
    show: (other) => {
      server.setSecureContext(other);
      cut();
    },
    [Symbol.asyncDispose]: () => {
      cut();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<TrueAnswer> {
  const { method, url, headers } = incoming;
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false };
    const sent = request(`${target}${url}`, options, async (answer) => {
      const [status, bytes] = [answer.statusCode ?? 502, await buffer(answer)];
      const { connection: _, 'keep-alive': __, ...kept } = answer.headers;
      resolve({ status, headers: kept, body: bytes });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
