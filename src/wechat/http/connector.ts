import { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';

/**
 * HTTP/1.1 only. undici would offer HTTP/2 and let every other call wait while the first one connects:
 * a call that was never sent would time out, with an unknown outcome. Over HTTP/2 it also repeats a
 * refused request by itself, with the same nonce, and keeps using a connection that is dead.
 */
export const ALLOW_H2 = false;

/** No connection was established: DNS, TCP, the TLS handshake or the certificate check failed. */
class ConnectError extends Error {
  override readonly name = 'ConnectError';
}

/**
 * Connects as undici does, and marks every failure to connect. Only the place of an error proves
 * that no byte of a request was sent: an established connection fails with the same codes.
 * @param timeoutMs for the whole of it, through a proxy too
 * @param proxy the URL of a forward proxy
 */
export function createConnector(
  timeoutMs: number,
  proxy: string | undefined,
): buildConnector.connector {
  const direct = buildConnector({ timeout: timeoutMs, allowH2: ALLOW_H2 });
  const connect = proxy === undefined ? direct : tunnel(new URL(proxy), timeoutMs);
  return (options, callback) => {
    let isOver = false;
    const end: buildConnector.Callback = (...[error, socket]) => {
      if (isOver) {
        socket?.destroy();
        return;
      }
      isOver = true;
      clearTimeout(late);
      if (error === null) {
        callback(null, socket);
      } else {
        callback(new ConnectError('Connecting to WeChat Pay failed.', { cause: error }), null);
      }
    };
    // undici's own timer ends up to a second late, when the attempt has timed out already: one that was
    // never sent would have an unknown outcome.
    const late = setTimeout(
      () => end(new Error(`No connection within ${Math.round(timeoutMs)} ms.`), null),
      timeoutMs,
    );
    connect(options, end);
  };
}

/** ky and the connection pool wrap the error, so the whole cause chain is searched. */
export function isConnectError(error: unknown): boolean {
  return error instanceof ConnectError || (error instanceof Error && isConnectError(error.cause));
}

/** TLS to the host through CONNECT of a forward proxy: the proxy sees the name of the host only. */
function tunnel(proxy: URL, timeoutMs: number): buildConnector.connector {
  const secure = buildConnector({ timeout: timeoutMs, allowH2: ALLOW_H2 });
  const authorization = proxyAuthorization(proxy);
  const headers = authorization === undefined ? {} : { 'proxy-authorization': authorization };
  const open = async ({ hostname, port }: buildConnector.Options) => {
    const path = `${hostname}:${port || '443'}`;
    const client = new Client(proxy.origin, {
      allowH2: ALLOW_H2,
      connect: { timeout: timeoutMs },
    });
    try {
      const signal = AbortSignal.timeout(Math.round(timeoutMs));
      const { socket, statusCode } = await client.connect({
        path,
        headers: { ...headers, host: path },
        signal,
      });
      if (statusCode !== 200) {
        socket.on('error', () => {}).destroy();
        throw new Error(`The forward proxy of HTTPS_PROXY refused CONNECT (${statusCode}).`);
      }
      if (!(socket instanceof Socket)) {
        throw new Error('A tunnel is a socket.');
      }
      return socket;
    } finally {
      client.close().catch(() => {});
    }
  };
  return (options, callback) => {
    open(options).then(
      (socket) => secure({ ...options, httpSocket: socket }, callback),
      (error: unknown) => {
        const cause = error instanceof Error ? error : new Error('unknown');
        callback(cause, null);
      },
    );
  };
}

/** `Basic …` of the user and the password in the URL of a proxy. */
function proxyAuthorization({ username, password }: URL): string | undefined {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return pair === ':' ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`;
}
