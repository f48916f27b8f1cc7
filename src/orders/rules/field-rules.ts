import type { InputRules } from '../../domain/input-rules.ts';
import type { OrderKey } from '../../wechat/index.ts';

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

interface Ids {
  readonly appid: string;
  readonly serviceId: string;
}

const IDENTIFIER = /^[\w\-|*]*$/;
const ONLY = 'Only digits, letters and _ - | * are allowed.';

/** The rules for the merchant's own order number: its limits are those of serviceorder. */
function checkOutOrderNo(found: IssueCollector, outOrderNo: string) {
  const path = ['outOrderNo'];
  found.required(outOrderNo, 'confirmed', path);
  found.length(outOrderNo, 32, 'analogy', path);
  found.characters(outOrderNo, 'confirmed', path);
  const isDotSegment = /^\.{1,2}$/.test(outOrderNo);
  found.check(
    !isDotSegment,
    'confirmed',
    path,
    'BAD_CHARACTER',
    'Must not be . or .., which servers remove from the path of a request.',
  );
  found.check(isDotSegment || IDENTIFIER.test(outOrderNo), 'analogy', path, 'BAD_CHARACTER', ONLY);
}

/** The ids by which every write names its order. */
export function checkIds(
  found: IssueCollector,
  { outOrderNo, appid, serviceId }: Ids & { readonly outOrderNo: string },
) {
  checkOutOrderNo(found, outOrderNo);
  found.required(appid, 'confirmed', ['appid']);
  found.required(serviceId, 'confirmed', ['serviceId']);
  checkFormOfIds(found, { appid, serviceId });
}

function checkFormOfIds(found: IssueCollector, { appid, serviceId }: Ids) {
  for (const [name, value] of Object.entries({ appid, serviceId })) {
    found.length(value, 32, 'analogy', [name]);
    found.characters(value, 'confirmed', [name]);
  }
}

/** Checks the ids of a query, if they are present. */
export function idIssues(ids: Ids, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkFormOfIds(found, ids);
  return found.issues;
}

/**
 * Checks the key of a query.
 * @param source of the length of a queryId: documented for service orders only
 */
export function orderKeyIssues(
  key: OrderKey,
  rules: InputRules,
  source: Source = 'analogy',
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  if ('outOrderNo' in key) {
    checkOutOrderNo(found, key.outOrderNo);
  } else {
    found.required(key.queryId, 'confirmed', ['queryId']);
    found.length(key.queryId, 512, source, ['queryId']);
    found.characters(key.queryId, 'confirmed', ['queryId']);
  }
  return found.issues;
}

/** Checks the openid of a query. */
export function userKeyIssues(openid: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  found.required(openid, 'confirmed', ['openid']);
  found.length(openid, 128, 'analogy', ['openid']);
  found.characters(openid, 'confirmed', ['openid']);
  return found.issues;
}

/**
 * Checks the merchant's number of an authorization request. Its length and characters are those of
 * the ordinary authorization; separators would inject other signed parameters.
 */
export function requestNoIssues(outRequestNo: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  const path = ['outRequestNo'];
  found.required(outRequestNo, 'confirmed', path);
  found.length(outRequestNo, 64, 'analogy', path);
  found.characters(outRequestNo, 'confirmed', path);
  const isSignable = !/[&=\p{Cc}]/u.test(outRequestNo);
  found.check(
    isSignable,
    'confirmed',
    path,
    'BAD_CHARACTER',
    'Must not contain &, = or control characters, because the value is signed.',
  );
  found.check(!isSignable || IDENTIFIER.test(outRequestNo), 'analogy', path, 'BAD_CHARACTER', ONLY);
  return found.issues;
}

export interface FeeItem {
  readonly feeName: string;
  readonly feeCount?: Optional<number>;
  readonly feeAmount?: Optional<number>;
  readonly feeDesc?: Optional<string>;
}

export interface DiscountItem {
  readonly discountName: string;
  readonly discountDesc?: Optional<string>;
}

type PathOf = (...rest: readonly string[]) => Path;

/** The rules of 后付费项目, the same at creation and completion; of a list that is too long, no more. */
export function checkFees(found: IssueCollector, fees: readonly FeeItem[]): void {
  const message = 'At most 100 fees.';
  if (!found.check(fees.length <= 100, 'analogy', ['fees'], 'TOO_MANY', message)) {
    return;
  }
  found.unique(
    fees.map(({ feeName }) => feeName),
    (index) => ['fees', String(index), 'feeName'],
  );
  fees.forEach((fee, index) => {
    const { feeName, feeCount, feeAmount, feeDesc } = fee;
    const at: PathOf = (...rest) => ['fees', String(index), ...rest];
    const count = feeCount ?? 1;
    found.required(feeName, 'analogy', at('feeName'));
    found.length(feeName, 20, 'analogy', at('feeName'));
    found.characters(feeName, 'confirmed', at('feeName'));
    found.check(
      count >= 1 && count <= 100,
      'analogy',
      at('feeCount'),
      'OUT_OF_RANGE',
      'Must be from 1 to 100.',
    );
    found.amount(feeAmount, at('feeAmount'));
    found.length(feeDesc, 30, 'analogy', at('feeDesc'));
    found.characters(feeDesc, 'confirmed', at('feeDesc'));
    const isPriced = typeof feeAmount === 'number' || Boolean(feeDesc);
    found.check(isPriced, 'analogy', at(), 'REQUIRED', 'Requires feeAmount or feeDesc.');
  });
}

/**
 * The rules of 商户优惠 that apply at creation and completion; of a list that is too long, no more.
 * @param also further rules of each operation
 */
export function checkDiscounts<Discount extends DiscountItem>(
  found: IssueCollector,
  discounts: readonly Discount[],
  also: (discount: Discount, at: PathOf) => void = () => {},
): void {
  const message = 'At most 5.';
  if (!found.check(discounts.length <= 5, 'confirmed', ['discounts'], 'TOO_MANY', message)) {
    return;
  }
  found.unique(
    discounts.map(({ discountName }) => discountName),
    (index) => ['discounts', String(index), 'discountName'],
  );
  discounts.forEach((discount, index) => {
    const { discountName, discountDesc } = discount;
    const at: PathOf = (...rest) => ['discounts', String(index), ...rest];
    found.required(discountName, 'analogy', at('discountName'));
    found.length(discountName, 20, 'confirmed', at('discountName'));
    found.characters(discountName, 'confirmed', at('discountName'));
    found.length(discountDesc, 30, 'analogy', at('discountDesc'));
    found.characters(discountDesc, 'confirmed', at('discountDesc'));
    also(discount, at);
  });
}
