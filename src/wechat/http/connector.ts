import { buildConnector } from 'undici';

/** No connection was established: DNS, TCP, the TLS handshake or the certificate check failed. */
class ConnectError extends Error {
  override readonly name = 'ConnectError';
}

/**
 * Connects as undici does, and marks every failure to connect. Only the place where an error occurs
 * proves that no byte of a request was sent: an established connection fails with the same codes.
 */
export function createConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs });
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
