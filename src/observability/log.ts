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
  const known = ['code', 'status', 'requestId', 'reason', 'syscall', 'address', 'port'];
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
