import { isJsonObject, type JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, fieldFindings, memberFindings } from './body-findings.ts';
import { isObject, isText, longest, oneOf, required, shapedLike } from './field-checks.ts';
import { APPID, analogy, confirmed, type FieldRule, realTime, SERVICE_ID } from './field-rules.ts';

const CANCEL: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('reason', required, isText),
  ...analogy('reason', longest(50)),
];

const SYNC: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...analogy('type', required),
  ...confirmed('type', oneOf('Order_Paid')),
  ...confirmed('detail', required, isObject),
];

const DETAIL: readonly FieldRule[] = confirmed(
  'paid_time',
  required,
  shapedLike(/^\d{14}$/, 'yyyyMMddHHmmss'),
  realTime,
);

/** Everything wrong with the body of a cancel by itself. */
export function cancelFindings(wire: JsonObject, rules: SandboxRules): Iterable<Finding> {
  return fieldFindings(wire, { fields: CANCEL, lists: {} }, rules);
}

/** Everything wrong with the body of a sync by itself. */
export function* syncFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, { fields: SYNC, lists: {} }, rules);
  const detail = wire['detail'];
  if (isJsonObject(detail)) {
    yield* memberFindings(detail, DETAIL, '/detail');
  }
}
