import type { SchemaLog } from './context.ts';

/** Characters of a value in the log. */
const LONGEST_WORD = 64;

/**
 * A value of WeChat Pay as the value of an enum; UNKNOWN, and a line in the log, for any other.
 * @param field its name at WeChat Pay, for the log
 */
export function knownWord<const Value extends string>(
  values: readonly Value[],
  field: string,
  word: string,
  log: SchemaLog,
): Value | 'UNKNOWN' {
  return values.find((value) => value === word) ?? unknownWord(field, word, log);
}

/** The value of an enum for a value that this server version does not know. */
export function unknownWord(field: string, word: string | number, log: SchemaLog): 'UNKNOWN' {
  log.warn(
    { why: field, word: String(word).slice(0, LONGEST_WORD) },
    'unknown enum value from WeChat Pay',
  );
  return 'UNKNOWN';
}
