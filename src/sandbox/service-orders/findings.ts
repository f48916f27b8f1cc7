import { isJsonObject, type JsonObject, textOf } from '../http/json.ts';
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
  isList,
  isObject,
  isText,
  longest,
  mostItems,
  oneOf,
  required,
  shapedLike,
} from '../validation/field-checks.ts';
import {
  APPID,
  confirmed,
  FEN,
  type FieldRule,
  realTime,
  SERVICE_ID,
} from '../validation/field-rules.ts';
import { endsBeforeStart } from '../validation/service-times.ts';

const MOST_PAYMENTS = 100;
const MOST_DISCOUNTS = 30;
const DIGITS = shapedLike(/^(?:\d{8}|\d{14})$/, 'yyyyMMddHHmmss or yyyyMMdd');
/** It may stand more than once in an order. */
const REPEATABLE = '商品信息';

const LISTS = [
  ...confirmed('post_payments', isList, mostItems(MOST_PAYMENTS)),
  ...confirmed('post_discounts', isList, mostItems(MOST_DISCOUNTS)),
];
const OBJECTS = [...confirmed('location', isObject), ...confirmed('device', isObject)];

/** The fields of a create body. Amounts in fen. */
const CREATE: readonly FieldRule[] = [
  ...confirmed('out_order_no', required, isText),
  ...confirmed(
    'out_order_no',
    shapedLike(/^[\w\-|*]{1,32}$/, '1 to 32 of digits, letters and _-|*'),
  ),
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('service_introduction', required, isText, longest(20)),
  ...LISTS,
  ...confirmed('time_range', required, isObject),
  ...OBJECTS,
  ...confirmed('risk_fund', required, isObject),
  ...confirmed('attach', isText, longest(256)),
  ...confirmed('notify_url', required, isText, longest(255)),
  ...confirmed('need_user_confirm', isFlag),
  ...confirmed('openid', isText, longest(128)),
];

const PAYMENT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('amount', isInteger, FEN),
  ...confirmed('description', isText, longest(30)),
  ...confirmed('count', isInteger, between(1, 100)),
];
const DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('description', required, isText, longest(30)),
];
const FINAL_DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('description', isText, longest(30)),
  ...confirmed('amount', required, isInteger, FEN),
];
/** Of a modify: without a name. */
const MODIFY_DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', isText, longest(20)),
  ...confirmed('amount', required, isInteger, FEN),
];

const TIME_RANGE: readonly FieldRule[] = [
  ...confirmed(
    'start_time',
    required,
    shapedLike(/^(?:\d{8}|\d{14}|OnAccept)$/, 'yyyyMMddHHmmss, yyyyMMdd or OnAccept'),
    realTime,
  ),
  ...confirmed('start_time_remark', isText, longest(20)),
  ...confirmed('end_time', DIGITS, realTime),
  ...confirmed('end_time_remark', isText, longest(20)),
];
const FINAL_TIME_RANGE: readonly FieldRule[] = [
  ...confirmed('start_time', DIGITS, realTime),
  ...confirmed('end_time', DIGITS, realTime),
];
const RISK_FUND: readonly FieldRule[] = [
  ...confirmed(
    'name',
    required,
    oneOf('DEPOSIT', 'ADVANCE', 'CASH_DEPOSIT', 'ESTIMATE_ORDER_COST'),
  ),
  ...confirmed('amount', required, isInteger, between(1, Number.MAX_SAFE_INTEGER)),
  ...confirmed('description', isText, longest(30)),
];

/** Every error in the body of a create: field by field, then between fields. */
export function* createServiceOrderFindings(
  wire: JsonObject,
  rules: SandboxRules,
): Generator<Finding> {
  const lists = { post_payments: PAYMENT, post_discounts: DISCOUNT };
  yield* fieldFindings(wire, { fields: CREATE, lists }, rules);
  yield* within(wire, 'time_range', TIME_RANGE);
  yield* within(wire, 'risk_fund', RISK_FUND);
  yield* paymentFindings(wire);
  yield* repeatedNames(wire, 'post_discounts');
  const range = wire['time_range'];
  if (
    isJsonObject(range) &&
    endsBeforeStart(textOf(range, 'start_time'), textOf(range, 'end_time'))
  ) {
    yield { field: '/time_range/end_time', issue: 'not after start_time' };
  }
  if (!/^https:\/\/[^?]+$/.test(textOf(wire, 'notify_url') ?? '') && rules.notifyUrlMustBeHttps) {
    yield { field: '/notify_url', issue: 'must be https, without a query' };
  }
  yield* userFindings(wire);
}

function* userFindings(wire: JsonObject): Generator<Finding> {
  const openid = textOf(wire, 'openid') ?? '';
  if (wire['need_user_confirm'] !== false) {
    if (wire['openid'] !== undefined) {
      yield { field: '/openid', issue: 'only with need_user_confirm false' };
    }
  } else if (openid === '' || openid.startsWith('wx')) {
    yield {
      field: '/openid',
      issue: 'the openid of a user is required with need_user_confirm false',
    };
  }
}

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
  yield* within(wire, 'time_range', FINAL_TIME_RANGE);
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
  yield* finalFindings(wire, rules);
}

/** Every error in the body of a pay. */
export function* payFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, { fields: [...APPID, ...SERVICE_ID], lists: {} }, rules);
  yield* numberInBody(wire);
}

/** A path parameter must not stand in the body too. */
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

function* paymentFindings(wire: JsonObject): Generator<Finding> {
  yield* repeatedNames(wire, 'post_payments');
  for (const [index, item] of objects(wire, 'post_payments').entries()) {
    if (item['amount'] === undefined && item['description'] === undefined) {
      yield { field: `/post_payments/${index}`, issue: 'needs amount or description' };
    }
  }
}

function* repeatedNames(wire: JsonObject, list: string): Generator<Finding> {
  const names = objects(wire, list).map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (name !== undefined && name !== REPEATABLE && names.indexOf(name) < index) {
      yield { field: `/${list}/${index}/name`, issue: 'not unique within the order' };
    }
  }
}

function* within(wire: JsonObject, name: string, rules: readonly FieldRule[]): Generator<Finding> {
  const value = wire[name];
  if (isJsonObject(value)) {
    yield* memberFindings(value, rules, `/${name}`);
  }
}
