import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments } from './cli/usage.ts';
import { addDotenv, type Dotenv } from './config/dotenv.ts';
import { createRequestIds } from './http/request-headers.ts';
import { stopCause, watchHangups } from './http/shutdown.ts';
import { createLog } from './observability/log.ts';
import { start } from './start.ts';

const STOP_CEILING_MS = 10_000;
/** The process exits by then even if it cannot close, for example because its start hangs. */
const EXIT_CEILING_MS = 10_400;

/** Start → wait for a signal or an uncaught error → graceful shutdown → exit code. */
async function main(dotenv: Dotenv | undefined): Promise<void> {
  const requests = createRequestIds();
  const log = createLog({ requestId: requests.id });
  if (dotenv !== undefined) {
    log.info({ ...dotenv }, 'read variables from a file');
  }
  const hangups = watchHangups();
  const stop = stopCause({
    onFault: (err) => log.error({ err }, 'uncaught error, shutting down'),
    ceilingMs: EXIT_CEILING_MS,
  });
  const server = await start({ env: process.env, log, requests, hangups });
  const cause = await stop;
  const startMs = performance.now();
  server.leave();
  const why = cause.kind === 'signal' ? cause.signal : 'uncaught error';
  log.info({ cause: why }, 'shutting down: not ready, requests in flight finish');
  // Load balancers that poll /ready stop sending requests before requests are rejected here.
  await sleep(server.graceMs);
  await server.close(STOP_CEILING_MS - (performance.now() - startMs));
  log.info({}, 'stopped');
  process.exit(cause.kind === 'signal' ? 0 : 1);
}

/**
 * Signing shares the threads of libuv with DNS look-ups; they are created at first use. More
 * threads than processors slow the main thread; with two, a slow resolver leaves one for signing.
 */
function signingThreads(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}

const USAGE = `Usage: npm start

Starts the server; with the sandbox if no WECHAT_ variable is set. It takes no arguments: it is
configured by environment variables and a file .env. See docs/reference/configuration.md.
`;

try {
  readArguments(USAGE, { options: {} });
  // The ledger and what lies beside it are for this user only.
  process.umask(0o077);
  const dotenv = addDotenv(process.env);
  process.env['UV_THREADPOOL_SIZE'] ??= String(signingThreads());
  await main(dotenv);
} catch (error) {
  // A TypeError is a bug; the message of every other error says what to do.
  const reported = error instanceof Error && !(error instanceof TypeError) ? error.message : error;
  console.error(reported);
  process.exit(1);
}
