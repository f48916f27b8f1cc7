import { between, type Check, isText, longest, required } from './field-checks.ts';
import { isRealTime } from './service-times.ts';

/** `analogy`: known of neighbouring products only, see the rule `analogyRules`. */
type Basis = 'confirmed' | 'analogy';

export interface FieldRule {
  readonly field: string;
  readonly basis: Basis;
  readonly check: Check;
}

const rulesOf =
  (basis: Basis) =>
  (field: string, ...checks: readonly Check[]): readonly FieldRule[] =>
    checks.map((check) => ({ field, basis, check }));

export const confirmed = rulesOf('confirmed');
export const analogy = rulesOf('analogy');

/** An amount in fen. */
export const FEN = between(0, Number.MAX_SAFE_INTEGER);

export const realTime: Check = (value) =>
  typeof value !== 'string' || value === 'OnAccept' || isRealTime(value)
    ? undefined
    : 'no such day or time';

/** The ids that every body names. */
export const APPID = [...confirmed('appid', required, isText), ...analogy('appid', longest(32))];
export const SERVICE_ID = [
  ...confirmed('service_id', required, isText),
  ...analogy('service_id', longest(32)),
];
