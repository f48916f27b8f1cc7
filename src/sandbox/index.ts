import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { changeRules } from './controls/change-rules.ts';
import { serveControls } from './controls/serve.ts';
import type { SandboxCall } from './http/call-log.ts';
import { serveWechat } from './http/serve-wechat.ts';
import { type MakeKeyPair, makeIdentity, type SandboxCredentials } from './identity.ts';
import { checkNotifyUrl } from './notifications/notify-url.ts';
import { DEFAULT_RULES, type SandboxRules } from './rules.ts';
import { createSandboxState } from './sandbox.ts';

/** Listens, and returns scheme, host and port. Rejects with an error that says what to do. */
function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message;
      const advice = 'Set SANDBOX_PORT to another port, or to 0 for any free one.';
      const message = `The sandbox cannot listen on ${host}:${port}: ${why}. ${advice}`;
      reject(new Error(message, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      resolve(`http://${reachable(host)}:${bound}`);
    });
  });
}

/** Stops listening and closes all connections; resolves when the port is free. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** The host for clients: 0.0.0.0 and :: are only for listening. */
function reachable(host: string): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return name.includes(':') ? `[${name}]` : name;
}

const KEEP_ALIVE_MS = 8_000;

export interface SandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Real time in milliseconds, for signatures and as the base of the business clock. */
  readonly now?: () => number;
  /** Rules that differ from the defaults. */
  readonly rules?: Partial<SandboxRules>;
  /** The notification URL: http, on this machine, without a query. Default: none. */
  readonly notifyUrl?: string;
  /** Called for every /v3 call once its response is known. */
  readonly onCall?: (call: SandboxCall) => void;
  /** Generates its RSA keys. Default: new ones, which takes up to a second. */
  readonly makeKeyPair?: MakeKeyPair;
}

export interface Sandbox {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string;
  readonly credentials: SandboxCredentials;
  /** Frees the port, closes every connection and stops every timer. Orders and keys are lost. */
  close(): Promise<void>;
}

/**
 * Starts a simulated WeChat Pay for pay-after orders, with new keys and no orders.
 * @throws Error if it cannot listen; the message says what to do
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', now = Date.now, rules, onCall = () => {} } = options;
  const notifyUrl = options.notifyUrl === undefined ? null : checkNotifyUrl(options.notifyUrl);
  const closing = new AbortController();
  const identity = await makeIdentity(now(), options.makeKeyPair);
  let url = '';
  const credentials = () => ({ ...identity.credentials, WECHAT_BASE_URL: url });
  const sandbox = createSandboxState({
    identity,
    credentials,
    realNow: now,
    rules: changeRules(DEFAULT_RULES, { ...rules }),
    onCall,
    notifyUrl,
    closing: closing.signal,
  });
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const answer = request.url?.startsWith('/v3/') ? serveWechat : serveControls;
    // Only the connection can fail here: the client has disconnected.
    answer(request, response, sandbox).catch(() => response.destroy());
  };
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, keepAliveTimeoutBuffer: 0 },
    serve,
  );
  url = await listen(server, port, host);
  return {
    url,
    credentials: credentials(),
    close: () => {
      closing.abort();
      return close(server);
    },
  };
}
