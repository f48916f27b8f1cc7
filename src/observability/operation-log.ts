import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from '../http/request-headers.ts';
import type { CountedLog } from './log.ts';

/** Who called, from where. */
interface Origin {
  readonly caller: string;
  /** Undefined if the operation did not arrive over a node:http server. */
  readonly request: IncomingMessage | undefined;
}

/** A finished operation, or a subscription that has started. */
export interface OperationReport extends Origin {
  /** The root field; `several`, or `introspection`. Never a name that the caller chose. */
  readonly operation: string;
  /** OK, the code of the first error, or of the refusal that a mutation returned. */
  readonly outcome: string;
  readonly ms: number;
  /** Its failure is a line of its own, or the client has left. */
  readonly isLogged: boolean;
}

/** A write that has ended, or a read that has failed. */
export interface CallReport extends Origin {
  /** The root field, or `Type.field`. */
  readonly operation: string;
  /** Undefined if the call has none, or none that may be an order number. */
  readonly outOrderNo: string | undefined;
  /** OK, or the code of the error. */
  readonly outcome: string;
  readonly ms: number;
  /** What else is known of it; no personal data. */
  readonly facts: Readonly<Record<string, unknown>>;
}

type OperationLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

/** Several times what WeChat Pay usually takes to create an order. */
const SLOW_MS = 2_000;
/** The outcomes that the caller's input or the state of the order explains. */
const REJECTED: ReadonlySet<string> = new Set([
  'INVALID_INPUT',
  'ORDER_BUSY',
  'ORDER_CONFLICT',
  'ORDER_NOT_FOUND',
  'ORDER_STATE',
]);
/** The outcomes of calls that the caller's input does not explain. */
const FAILED: ReadonlySet<string> = new Set([
  'INTERNAL_SERVER_ERROR',
  'LEDGER_UNAVAILABLE',
  'ORDER_NOT_STARTED',
  'OUTCOME_UNKNOWN',
  'WECHAT_REFUSED',
  'WECHAT_UNAVAILABLE',
  'WECHAT_UNTRUSTED',
]);
export interface OperationLogOptions {
  readonly log: OperationLog;
  /** For the errors of callers that name no order: only their requests cause them. */
  readonly counted: CountedLog;
  readonly clientOf: ClientAddress;
}

/** One line of an operation that has failed, unless a call of it has one, or that was slow. */
export function logOperation(
  { log, counted, clientOf }: OperationLogOptions,
  { operation, outcome, ms, isLogged, ...origin }: OperationReport,
): void {
  const isSlow = ms >= SLOW_MS;
  if (isLogged || (outcome === 'OK' && !isSlow)) {
    return;
  }
  const fields = { operation, outcome, ms: Math.round(ms), ...described(origin, clientOf) };
  if (outcome === 'OK') {
    log.warn(fields, 'operation slow');
  } else if (outcome === 'INTERNAL_SERVER_ERROR') {
    log.error(fields, 'operation failed');
  } else if (outcome === 'LEDGER_UNAVAILABLE') {
    log.warn(fields, 'operation failed');
  } else if (outcome === 'LAUNCH_NOT_CONFIGURED') {
    counted.warn({ ...fields, why: outcome }, 'launch data not signed: set WECHAT_APIV2_KEY');
  } else {
    counted.info({ ...fields, why: outcome }, 'request rejected');
  }
}

/** One line of a write, or of a read that has failed. */
export function logCall(
  { log, counted, clientOf }: OperationLogOptions,
  { operation, outOrderNo, outcome, ms, facts, ...origin }: CallReport,
): void {
  const named = { operation, outOrderNo, outcome, ...facts };
  const fields = { ...named, ms: Math.round(ms), ...described(origin, clientOf) };
  if (outcome === 'OK') {
    log.debug(fields, 'write succeeded');
  } else if (REJECTED.has(outcome)) {
    log.info(fields, 'operation rejected');
  } else if (!FAILED.has(outcome)) {
    counted.info({ ...fields, why: outcome }, 'request rejected');
  } else if (needsSomebody(outcome, facts['status'])) {
    log.error(fields, 'operation failed');
  } else {
    log.warn(fields, 'operation failed');
  }
}

/** WeChat Pay does not accept the merchant, so that no call succeeds; or the server has a fault. */
function needsSomebody(outcome: string, status: unknown): boolean {
  return (
    outcome === 'INTERNAL_SERVER_ERROR' ||
    (outcome === 'WECHAT_REFUSED' && (status === 401 || status === 403))
  );
}

function described({ caller, request }: Origin, clientOf: ClientAddress) {
  const client = clientOf(request?.socket.remoteAddress, (name) => {
    const value = request?.headers[name];
    return typeof value === 'string' ? value : undefined;
  });
  return { caller, client };
}
