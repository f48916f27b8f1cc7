import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from '../http/client-address.ts';

/** One operation that is over, or a subscription that has begun. */
export interface OperationReport {
  /** The root field; `several`, or `introspection`. Never a word of the caller's own. */
  readonly operation: string;
  /** OK, the code of the first error, or of the refusal that a mutation has answered. */
  readonly outcome: string;
  readonly ms: number;
  readonly caller: string;
  /** Undefined if the operation did not come over a node:http server. */
  readonly request: IncomingMessage | undefined;
}

export interface OperationLog {
  readonly warn: (fields: object, message: string) => void;
}

/** Several times what WeChat Pay usually takes to make an order. */
const SLOW_MS = 2_000;
/** What somebody has to look into; what callers do wrong is their own affair, and counted. */
const WORRYING = new Set([
  'INTERNAL_SERVER_ERROR',
  'OUTCOME_UNKNOWN',
  'WECHAT_UNAVAILABLE',
  'WECHAT_UNTRUSTED',
]);

/** One line for an operation that has failed through no fault of its caller, or was slow. */
export function logOperation(
  log: OperationLog,
  clientOf: ClientAddress,
  { operation, outcome, caller, request, ms }: OperationReport,
): void {
  const worrying = WORRYING.has(outcome);
  if (!worrying && ms < SLOW_MS) {
    return;
  }
  const client = clientOf(request?.socket.remoteAddress, (name) => {
    const value = request?.headers[name];
    return typeof value === 'string' ? value : undefined;
  });
  log.warn(
    { operation, outcome, ms: Math.round(ms), caller, client },
    worrying ? 'operation failed' : 'operation slow',
  );
}
