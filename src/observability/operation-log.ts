import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from '../http/client-address.ts';

/** A finished operation, or a subscription that has started. */
export interface OperationReport {
  /** The root field; `several`, or `introspection`. Never a name that the caller chose. */
  readonly operation: string;
  /** OK, the code of the first error, or of the refusal that a mutation returned. */
  readonly outcome: string;
  readonly ms: number;
  readonly caller: string;
  /** Undefined if the operation did not arrive over a node:http server. */
  readonly request: IncomingMessage | undefined;
}

export interface OperationLog {
  readonly warn: (fields: object, message: string) => void;
}

/** Several times what WeChat Pay usually takes to create an order. */
const SLOW_MS = 2_000;
/** Failures that need attention; errors of callers are only counted. */
const WORRYING = new Set([
  'INTERNAL_SERVER_ERROR',
  'OUTCOME_UNKNOWN',
  'WECHAT_UNAVAILABLE',
  'WECHAT_UNTRUSTED',
]);

/** Logs an operation that has failed through no fault of its caller, or was slow. */
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
