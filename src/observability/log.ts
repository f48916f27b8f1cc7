import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Fields whose values are never logged, at any depth, in any case or notation. */
const SECRET_FIELDS = new Set(
  [
    ...['name', 'phone', 'userid', 'address', 'openid', 'attach', 'package', 'finish_ticket'],
    ...['authorization', 'cookie', 'signature', 'wechatpay-signature', 'ciphertext', 'plaintext'],
    ...['key', 'private_key', 'merchant_key', 'apiv3_key', 'apiv2_key', 'api_key', 'data_key'],
    ...['secret', 'token', 'jwt', 'password', 'body', 'variables', 'input'],
  ].map(normal),
);
const MAX_DEPTH = 6;
const REDACTED = '[redacted]';

export interface LogOptions {
  readonly level?: string;
  /** Standard output if omitted. */
  readonly destination?: DestinationStream;
  /** The id of the request that caused a log line. */
  readonly requestId?: () => string | undefined;
}

export type Log = Logger;

/** JSON lines with redaction by field name. Errors show type, message, codes, cause and stack. */
export function createLog({ level = 'info', destination, requestId }: LogOptions = {}): Logger {
  const options = {
    level,
    base: null,
    mixin: () => {
      const id = requestId?.();
      return id === undefined ? {} : { requestId: id };
    },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // pino would mistake the message of an error for the error.
    serializers: { err: (described: unknown) => described },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => Object.fromEntries(redactedEntries(fields, 0)),
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

const COUNTED_MS = 60_000;

/** A log of lines that others can cause at any rate. */
export type CountedLog = Readonly<
  Record<'info' | 'warn' | 'error', (fields: CountedFields, message: string) => void>
>;

/** Lines of the same message and `why` are of one kind: it must be one of few values. */
type CountedFields = Readonly<Record<string, unknown>> & { readonly why?: string };

/**
 * Limits the lines that strangers can cause: of each kind one immediately, then at most one a
 * minute, with the fields of the last and the number of all since the one before as `count`.
 */
export function createCountedLog(log: CountedLog, everyMs = COUNTED_MS): CountedLog {
  /** Kinds of this minute; undefined: nothing further has come. */
  const kinds = new Map<
    string,
    { readonly count: number; readonly line: () => void } | undefined
  >();
  // A line of many requests does not have the id of the one that was under way.
  const outside = AsyncLocalStorage.snapshot();
  const report = (kind: string) => {
    const line = kinds.get(kind)?.line;
    kinds.delete(kind);
    if (line !== undefined) {
      line();
      begin(kind);
    }
  };
  const begin = (kind: string) => {
    kinds.set(kind, undefined);
    outside(() => setTimeout(report, everyMs, kind).unref());
  };
  const at = (level: keyof CountedLog) => (fields: CountedFields, message: string) => {
    const kind = `${message} ${fields.why ?? ''}`;
    if (!kinds.has(kind)) {
      log[level](fields, message);
      begin(kind);
      return;
    }
    const count = (kinds.get(kind)?.count ?? 0) + 1;
    kinds.set(kind, { count, line: () => log[level]({ ...fields, count }, message) });
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function redactedEntries(fields: object, depth: number): [string, unknown][] {
  return Object.entries(fields).map(([name, value]) => [
    name,
    SECRET_FIELDS.has(normal(name)) ? REDACTED : redacted(value, depth + 1),
  ]);
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth > MAX_DEPTH) {
    return REDACTED;
  }
  if (value instanceof Error) {
    return describedError(value, depth);
  }
  return Array.isArray(value)
    ? value.map((item) => redacted(item, depth + 1))
    : Object.fromEntries(redactedEntries(value, depth));
}

/** Of an error's own properties only the harmless ones: others may contain a whole request. */
function describedError(error: Error, depth: number): object {
  const { message, stack, cause } = error;
  const type = error.constructor.name;
  const known = ['code', 'status', 'requestId', 'reason', 'hint', 'syscall', 'address', 'port'];
  const details = Object.entries(error).filter(([name]) => known.includes(name));
  return {
    type,
    message,
    ...Object.fromEntries(details.filter(([name]) => name !== 'address')),
    ...(cause === undefined ? {} : { cause: redacted(cause, depth + 1) }),
    stack,
  };
}

function normal(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
