import { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';

/**
 * HTTP/1.1 only. undici would offer HTTP/2 and let every other call wait while the first one connects:
 * a call that was never sent would time out, with an unknown outcome. Over HTTP/2 it also repeats a
 * refused request by itself, with the same nonce, and keeps using a connection that is dead.
 */
export const ALLOW_H2 = false;

/** undici's timers of more than a second end up to half a second late. */
const EXACT_MS = 1_000;
const LATE_MS = 550;

/**
 * How long connecting may take, through a proxy too, within an attempt: it has to end before a whole
 * attempt does, or one that was never sent would have an unknown outcome.
 */
export function connectTimeout(attemptMs: number): number {
  const share = attemptMs * 0.7;
  return share <= EXACT_MS ? share : Math.max(EXACT_MS, Math.min(share, attemptMs - LATE_MS));
}

/** No connection was established: DNS, TCP, the TLS handshake or the certificate check failed. */
class ConnectError extends Error {
  override readonly name = 'ConnectError';
}

/**
 * Connects as undici does, and marks every failure to connect. Only the place of an error proves
 * that no byte of a request was sent: an established connection fails with the same codes.
 * @param proxy the URL of a forward proxy
 */
export function createConnector(
  timeoutMs: number,
  proxy: string | undefined,
): buildConnector.connector {
  const direct = buildConnector({ timeout: timeoutMs, allowH2: ALLOW_H2 });
  const connect = proxy === undefined ? direct : tunnel(new URL(proxy), timeoutMs);
  return (options, callback) => {
    connect(options, (...[error, socket]) => {
      if (error === null) {
        callback(null, socket);
      } else {
        callback(new ConnectError('Connecting to WeChat Pay failed.', { cause: error }), null);
      }
    });
  };
}

/** ky and the connection pool wrap the error, so the whole cause chain is searched. */
export function isConnectError(error: unknown): boolean {
  return error instanceof ConnectError || (error instanceof Error && isConnectError(error.cause));
}

/** TLS to the host through CONNECT of a forward proxy: the proxy sees the name of the host only. */
function tunnel(proxy: URL, timeoutMs: number): buildConnector.connector {
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
    const lateMs = performance.now() + timeoutMs;
    open(options).then(
      (socket) => {
        const timeout = Math.max(1, lateMs - performance.now());
        const secure = buildConnector({ timeout, allowH2: ALLOW_H2 });
        secure({ ...options, httpSocket: socket }, callback);
      },
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
