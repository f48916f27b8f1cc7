import { isJsonObject, type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, fieldFindings, listFindings, memberFindings } from './body-findings.ts';
import { FEE_FIELDS } from './create-fields.ts';
import {
  isFlag,
  isInteger,
  isList,
  isObject,
  isText,
  longest,
  mostItems,
  oneOf,
  required,
  shapedLike,
} from './field-checks.ts';
import {
  APPID,
  analogy,
  confirmed,
  FEN,
  type FieldRule,
  realTime,
  SERVICE_ID,
} from './field-rules.ts';

const TIME = shapedLike(/^(?:\d{8}|\d{14})$/, 'yyyyMMddHHmmss or yyyyMMdd');

/** The fields of a complete body, in the order of WeChat's table. Amounts in fen. */
const COMPLETE_FIELDS: readonly FieldRule[] = [
  ...APPID,
  ...SERVICE_ID,
  ...analogy('finish_type', required),
  ...confirmed('finish_type', oneOf(1, 2)),
  ...analogy('finish_ticket', required),
  ...confirmed('finish_ticket', isText),
  ...analogy('finish_ticket', longest(512)),
  ...confirmed('total_amount', required, isInteger, FEN),
  ...confirmed('profit_sharing', isFlag),
  ...confirmed('cancel_reason', isText),
  ...analogy('cancel_reason', longest(30)),
  ...confirmed('real_service_start_time', TIME),
  ...analogy('real_service_start_time', realTime),
  ...confirmed('real_service_end_time', TIME),
  ...analogy('real_service_end_time', realTime),
  ...confirmed('real_service_end_location', isText),
  ...analogy('real_service_end_location', longest(20)),
  ...confirmed('fees', isList),
  ...analogy('fees', mostItems(100)),
  ...confirmed('discounts', isList, mostItems(5)),
];

/** An item of `discounts`: unlike at creation its amount is required, even if it is 0. */
const FINAL_DISCOUNT_FIELDS: readonly FieldRule[] = [
  ...analogy('discount_name', required),
  ...confirmed('discount_name', isText, longest(20)),
  ...confirmed('discount_amount', required, isInteger, FEN),
  ...confirmed('discount_desc', isText),
  ...analogy('discount_desc', longest(30)),
];

const TABLE = {
  fields: COMPLETE_FIELDS,
  lists: { fees: FEE_FIELDS, discounts: FINAL_DISCOUNT_FIELDS },
} as const;

const UNUSED = 1;

/** Every error in the body of a complete that does not depend on its order. */
export function* completeFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, TABLE, rules);
  if (wire['finish_type'] === UNUSED && wire['total_amount'] !== 0) {
    yield { field: '/total_amount', issue: 'must be 0 with finish_type 1' };
  }
  if (rules.analogyRules) {
    yield* listFindings(wire);
    yield* findingsByUse(wire);
  }
}

function* findingsByUse(wire: JsonObject): Generator<Finding> {
  const gaveReason = (textOf(wire, 'cancel_reason') ?? '') !== '';
  if (wire['finish_type'] !== UNUSED) {
    if (wire['fees'] === undefined && !gaveReason) {
      yield { field: '/fees', issue: 'required without cancel_reason' };
    }
    return;
  }
  if (!gaveReason) {
    yield { field: '/cancel_reason', issue: 'required with finish_type 1' };
  }
  if (wire['real_service_end_location'] !== undefined) {
    yield { field: '/real_service_end_location', issue: 'not with finish_type 1' };
  }
}

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

/** Every error in the body of a cancel that does not depend on its order. */
export function cancelFindings(wire: JsonObject, rules: SandboxRules): Iterable<Finding> {
  return fieldFindings(wire, { fields: CANCEL, lists: {} }, rules);
}

/** Every error in the body of a sync that does not depend on its order. */
export function* syncFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, { fields: SYNC, lists: {} }, rules);
  const detail = wire['detail'];
  if (isJsonObject(detail)) {
    yield* memberFindings(detail, DETAIL, '/detail');
  }
}
