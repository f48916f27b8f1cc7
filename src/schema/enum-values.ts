import type { SchemaLog } from './context.ts';

/** Characters of a value in the log. */
const LONGEST_LOGGED = 64;

/**
 * A value of WeChat Pay as the value of an enum; UNKNOWN, and a line in the log, for any other.
 * @param field its name at WeChat Pay, for the log
 */
export function knownValue<const Value extends string>(
  values: readonly Value[],
  field: string,
  given: string,
  log: SchemaLog,
): Value | 'UNKNOWN' {
  return values.find((value) => value === given) ?? unknownValue(field, given, log);
}

/** The value of an enum for a value that this server version does not know. */
export function unknownValue(field: string, given: string | number, log: SchemaLog): 'UNKNOWN' {
  log.warn(
    { why: field, word: String(given).slice(0, LONGEST_LOGGED) },
    'unknown enum value from WeChat Pay',
  );
  return 'UNKNOWN';
}
