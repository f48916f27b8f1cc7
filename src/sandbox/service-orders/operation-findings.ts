import { isJsonObject, type JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import {
  type Finding,
  fieldFindings,
  memberFindings,
  objects,
} from '../validation/body-findings.ts';
import {
  between,
  isFlag,
  isInteger,
  isObject,
  isText,
  longest,
  oneOf,
  required,
} from '../validation/field-checks.ts';
import {
  APPID,
  analogy,
  confirmed,
  FEN,
  type FieldRule,
  realTime,
  SERVICE_ID,
} from '../validation/field-rules.ts';
import {
  DIGITS,
  LISTS,
  OBJECTS,
  PAYMENT,
  paymentFindings,
  placeFindings,
  repeatedNames,
  within,
} from './fields.ts';

/** Ids that a body may leave out. */
const OPTIONAL_APPID = [...confirmed('appid', isText), ...analogy('appid', longest(32))];
const OPTIONAL_SERVICE_ID = [
  ...confirmed('service_id', isText),
  ...analogy('service_id', longest(32)),
];

export const FINAL_DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('description', isText, longest(30)),
  ...confirmed('count', isInteger, between(1, 100)),
  ...confirmed('amount', required, isInteger, FEN),
];
/** Of a modify: without a name. */
const MODIFY_DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', isText, longest(20)),
  ...confirmed('description', isText, longest(30)),
  ...confirmed('count', isInteger, between(1, 100)),
  ...confirmed('amount', required, isInteger, FEN),
];
const FINAL_TIME_RANGE: readonly FieldRule[] = [
  ...confirmed('start_time', DIGITS, realTime),
  ...confirmed('end_time', DIGITS, realTime),
];

const COMPLETE: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('post_payments', required),
  ...LISTS,
  ...confirmed('total_amount', required, isInteger, FEN),
  ...confirmed('time_range', isObject),
  ...OBJECTS,
  ...confirmed('profit_sharing', isFlag),
  ...confirmed('goods_tag', isText, longest(32)),
];

/** Every error in the body of a complete that does not depend on its order. */
export function* completeServiceOrderFindings(
  wire: JsonObject,
  rules: SandboxRules,
): Generator<Finding> {
  const lists = { post_payments: PAYMENT, post_discounts: FINAL_DISCOUNT };
  yield* fieldFindings(wire, { fields: COMPLETE, lists }, rules);
  yield* within(wire, 'time_range', FINAL_TIME_RANGE, rules);
  yield* placeFindings(wire, rules);
  yield* finalFindings(wire, rules);
}

const MODIFY: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('post_payments', required),
  ...LISTS,
  ...confirmed('total_amount', required, isInteger, FEN),
  ...confirmed('reason', required, isText, longest(50)),
  ...confirmed('device', isObject),
];

/** Every error in the body of a modify that does not depend on its order. */
export function* modifyFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  const lists = { post_payments: PAYMENT, post_discounts: MODIFY_DISCOUNT };
  yield* fieldFindings(wire, { fields: MODIFY, lists }, rules);
  yield* placeFindings(wire, rules);
  yield* finalFindings(wire, rules);
}

/** Every error in the body of a cancel. */
export function* cancelServiceOrderFindings(
  wire: JsonObject,
  rules: SandboxRules,
): Generator<Finding> {
  const reason = confirmed('reason', required, isText, longest(50));
  const fields = [...APPID, ...OPTIONAL_SERVICE_ID, ...reason];
  yield* fieldFindings(wire, { fields, lists: {} }, rules);
  yield* numberInBody(wire);
}

/** Every error in the body of a pay. */
export function* payFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  const fields = [...OPTIONAL_APPID, ...OPTIONAL_SERVICE_ID];
  yield* fieldFindings(wire, { fields, lists: {} }, rules);
  yield* numberInBody(wire);
}

const SYNC: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('type', required, oneOf('Order_Paid')),
  ...confirmed('detail', required, isObject),
];
const DETAIL: readonly FieldRule[] = confirmed('paid_time', required, DIGITS, realTime);

/** Every error in the body of a sync. */
export function* syncServiceOrderFindings(
  wire: JsonObject,
  rules: SandboxRules,
): Generator<Finding> {
  yield* fieldFindings(wire, { fields: SYNC, lists: {} }, rules);
  const detail = wire['detail'];
  if (isJsonObject(detail)) {
    yield* memberFindings(detail, DETAIL, '/detail');
  }
  yield* numberInBody(wire);
}

/** A path parameter must not be in the body too. */
function* numberInBody(wire: JsonObject): Generator<Finding> {
  if (wire['out_order_no'] !== undefined) {
    yield { field: '/out_order_no', issue: 'is in the path: leave it out of the body' };
  }
}

function* finalFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  if (rules.analogyRules && objects(wire, 'post_payments').length === 0) {
    yield { field: '/post_payments', issue: 'needs at least one item' };
  }
  yield* paymentFindings(wire);
  yield* repeatedNames(wire, 'post_discounts');
  yield* numberInBody(wire);
}
