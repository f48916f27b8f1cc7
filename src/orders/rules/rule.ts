import type { InputRules } from '../../domain/input-rules.ts';
import {
  createIssueCollector,
  type InputIssue,
  type InputIssueCode,
  NOT_FOR_WECHAT,
  type Source,
} from './field-rules.ts';

type Path = readonly string[];
type Optional<T> = T | null | undefined;

/** One rule of an input or of a part of it, as a value. A value that is absent keeps it, unless it is required. */
export interface Rule<T> {
  readonly source: Source;
  readonly code: InputIssueCode;
  /** What is expected. */
  readonly message: string;
  /**
   * The places in the value that break it; the empty path is the value itself.
   * @param now Unix ms
   */
  readonly brokenAt: (value: T, now: number) => readonly Path[];
}

/** What every rule says besides what it demands. */
type Saying = Pick<Rule<unknown>, 'source' | 'code' | 'message'>;

const HERE: readonly Path[] = [[]];
const NOWHERE: readonly Path[] = [];

/** A rule of a value that is present. */
export function rule<T>(
  saying: Saying,
  holds: (value: T, now: number) => boolean,
): Rule<Optional<T>> {
  return {
    ...saying,
    brokenAt: (value, now) =>
      value === null || value === undefined || holds(value, now) ? NOWHERE : HERE,
  };
}

/** A rule between the fields of a value, which is reported at one of them. */
export function relation<T>(
  at: keyof T & string,
  saying: Saying,
  holds: (value: T, now: number) => boolean,
): Rule<T> {
  return { ...saying, brokenAt: (value, now) => (holds(value, now) ? NOWHERE : [[at]]) };
}

/** The rules of a field, of any input that has it. */
export function field<Name extends string, Value>(
  name: Name,
  ...rules: readonly Rule<Value | undefined>[]
): readonly Rule<{ readonly [N in Name]?: Value | undefined }>[] {
  return rules.map((one) => ({
    ...one,
    brokenAt: (value, now) => one.brokenAt(value[name], now).map((path) => [name, ...path]),
  }));
}

/** The rules of an object that may be absent. */
export function within<T>(...rules: readonly Rule<T>[]): readonly Rule<Optional<T>>[] {
  return rules.map((one) => ({
    ...one,
    brokenAt: (value: Optional<T>, now: number) =>
      value === null || value === undefined ? NOWHERE : one.brokenAt(value, now),
  }));
}

/**
 * The rules of a list of at most so many items, and of each item; of a list that is too long, no
 * more.
 */
export function listOf<T>(
  most: number,
  ...rules: readonly Rule<T>[]
): readonly Rule<Optional<readonly T[]>>[] {
  const saying = { source: 'confirmed', code: 'TOO_MANY', message: `At most ${most}.` } as const;
  return [
    rule(saying, (items: readonly T[]) => items.length <= most),
    ...rules.map((one) => ({
      ...one,
      brokenAt: (items: Optional<readonly T[]>, now: number) =>
        upTo(most, items).flatMap((item, index) =>
          one.brokenAt(item, now).map((path) => [String(index), ...path]),
        ),
    })),
  ];
}

/** Names must be unique in a list, except for some; only the second and later ones are reported. */
export function uniqueNames<T extends { readonly name?: Optional<string> }>(
  most: number,
  ...except: readonly string[]
): Rule<Optional<readonly T[]>> {
  return {
    source: 'confirmed',
    code: 'NOT_UNIQUE',
    message: 'Names must be unique within an order.',
    brokenAt: (items) => {
      const names = upTo(most, items).map(({ name }) => name ?? '');
      return names.flatMap((name, index) => {
        const isRepeated = name !== '' && !except.includes(name) && names.indexOf(name) < index;
        return isRepeated ? [[String(index), 'name']] : [];
      });
    },
  };
}

function upTo<T>(most: number, items: Optional<readonly T[]>): readonly T[] {
  return items && items.length <= most ? items : [];
}

/** A text or a list that must be given and not be empty. */
export function required(source: Source): Rule<Optional<string | readonly unknown[]>> {
  return {
    source,
    code: 'REQUIRED',
    message: 'Required, and must not be empty.',
    brokenAt: (value) => (value === null || value === undefined || value.length === 0 ? HERE : []),
  };
}

/** Counts characters; a Chinese character counts as 1. */
export function longest(max: number, source: Source): Rule<Optional<string>> {
  const saying = { source, code: 'TOO_LONG', message: `At most ${max} characters.` } as const;
  return rule(saying, (text: string) => [...text].length <= max);
}

/** WeChat Pay accepts characters of one to three UTF-8 bytes: no emoji, no rare ideographs. */
export const CHARACTERS: Rule<Optional<string>> = rule(
  {
    source: 'confirmed',
    code: 'BAD_CHARACTER',
    message: 'Must not contain characters of four UTF-8 bytes, such as emoji.',
  },
  (text: string) => !NOT_FOR_WECHAT.test(text),
);

export function inRange(min: number, max: number, source: Source): Rule<Optional<number>> {
  const message = `Must be from ${min} to ${max}.`;
  return rule(
    { source, code: 'OUT_OF_RANGE', message },
    (number: number) => number >= min && number <= max,
  );
}

export const FEN: Rule<Optional<number>> = rule(
  {
    source: 'confirmed',
    code: 'OUT_OF_RANGE',
    message: 'Must be a whole number of fen from 0 to 9007199254740991.',
  },
  (amount: number) => Number.isSafeInteger(amount) && amount >= 0,
);

/** Every rule of a table that an input breaks. */
export function brokenRules<T>(
  table: readonly Rule<T>[],
  input: T,
  rules: InputRules,
  now: number,
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  for (const { source, code, message, brokenAt } of table) {
    for (const path of brokenAt(input, now)) {
      found.check(false, source, path, code, message);
    }
  }
  return found.issues;
}
