import type { InputRules } from '../../domain/input-rules.ts';

/** One error of an input. It says what is expected, never what was given. */
export interface InputIssue {
  /** As in the input, indices as strings: `["fees", "0", "feeName"]`. */
  readonly path: readonly string[];
  readonly code: InputIssueCode;
  readonly message: string;
}

export type InputIssueCode =
  | 'REQUIRED'
  | 'NOT_ALLOWED'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'OUT_OF_RANGE'
  | 'NOT_UNIQUE'
  | 'BAD_FORMAT'
  | 'BAD_CHARACTER';

/** The input breaks rules: fix every issue, then retry. Nothing was sent to WeChat Pay. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly kind = 'invalid-input';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    const fields = issues.map(({ path }) => path.join('.')).join(', ');
    super(`Invalid input: ${fields}. No request was sent to WeChat Pay.`);
    this.issues = issues;
  }
}

/**
 * The source of a rule: known of pay-after orders or every APIv3 call, or only of a sibling
 * product.
 */
export type Source = 'confirmed' | 'analogy';

type Path = readonly string[];
type Optional<T> = T | null | undefined;

/**
 * Collects issues, up to {@link MOST_ISSUES}. Each check ignores an absent value, except `required`.
 */
export interface IssueCollector {
  readonly issues: readonly InputIssue[];
  /** @returns whether the rule is kept, or does not apply */
  readonly check: (
    holds: boolean,
    source: Source,
    path: Path,
    code: InputIssueCode,
    message: string,
  ) => boolean;
  readonly required: (value: Optional<string>, source: Source, path: Path) => void;
  /** Counts characters; a Chinese character counts as 1. */
  readonly length: (value: Optional<string>, max: number, source: Source, path: Path) => void;
  /** WeChat Pay accepts characters of one to three UTF-8 bytes: no emoji, no rare ideographs. */
  readonly characters: (value: Optional<string>, source: Source, path: Path) => void;
  readonly amount: (value: Optional<number>, path: Path) => void;
  readonly unique: (values: readonly string[], path: (index: number) => Path) => void;
}

export const NOT_FOR_WECHAT = /[\0\u{10000}-\u{10FFFF}\u{D800}-\u{DFFF}]/u;

/** A small request must not cause a huge response. */
export const MOST_ISSUES = 50;

export function createIssueCollector(rules: InputRules): IssueCollector {
  const issues: InputIssue[] = [];
  const unless: IssueCollector['check'] = (holds, source, path, code, message) => {
    const isBroken = !holds && (source === 'confirmed' || rules === 'all');
    if (isBroken && issues.length < MOST_ISSUES) {
      issues.push({ path, code, message });
    }
    return !isBroken;
  };
  return {
    issues,
    check: unless,
    required: (value, source, path) =>
      unless(Boolean(value), source, path, 'REQUIRED', 'Required, and must not be empty.'),
    length: (value, max, source, path) =>
      unless(lengthOf(value) <= max, source, path, 'TOO_LONG', `At most ${max} characters.`),
    characters: (value, source, path) =>
      unless(
        !NOT_FOR_WECHAT.test(value ?? ''),
        source,
        path,
        'BAD_CHARACTER',
        'Must not contain characters of four UTF-8 bytes, such as emoji.',
      ),
    amount: (value, path) =>
      unless(
        value === null || value === undefined || (Number.isSafeInteger(value) && value >= 0),
        'confirmed',
        path,
        'OUT_OF_RANGE',
        'Must be a whole number of fen from 0 to 9007199254740991.',
      ),
    unique: (values, path) => {
      const seen = new Set<string>();
      values.forEach((value, index) => {
        const isFirst = !seen.has(value);
        seen.add(value);
        unless(
          isFirst,
          'analogy',
          path(index),
          'NOT_UNIQUE',
          'Names must be unique within an order.',
        );
      });
    },
  };
}

function lengthOf(value: Optional<string>): number {
  return [...(value ?? '')].length;
}
