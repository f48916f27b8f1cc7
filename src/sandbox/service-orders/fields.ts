import { isJsonObject, type JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, memberFindings, objects } from '../validation/body-findings.ts';
import {
  between,
  isInteger,
  isList,
  isObject,
  isText,
  longest,
  mostItems,
  required,
  shapedLike,
} from '../validation/field-checks.ts';
import { analogy, confirmed, FEN, type FieldRule } from '../validation/field-rules.ts';

const MOST_PAYMENTS = 100;
const MOST_DISCOUNTS = 30;
/** Of a payment: it may occur more than once in an order. */
const REPEATABLE = '商品信息';

export const DIGITS = shapedLike(/^(?:\d{8}|\d{14})$/, 'yyyyMMddHHmmss or yyyyMMdd');

export const LISTS: readonly FieldRule[] = [
  ...confirmed('post_payments', isList, mostItems(MOST_PAYMENTS)),
  ...confirmed('post_discounts', isList, mostItems(MOST_DISCOUNTS)),
];

/** The lengths of places and devices are known from one SDK only. */
export const OBJECTS: readonly FieldRule[] = [
  ...confirmed('location', isObject),
  ...confirmed('device', isObject),
];
const LOCATION: readonly FieldRule[] = [
  ...confirmed('start_location', isText),
  ...analogy('start_location', longest(20)),
  ...confirmed('end_location', isText),
  ...analogy('end_location', longest(20)),
];
const DEVICE: readonly FieldRule[] = [
  ...confirmed('start_device_id', isText),
  ...analogy('start_device_id', longest(50)),
  ...confirmed('end_device_id', isText),
  ...analogy('end_device_id', longest(50)),
  ...confirmed('materiel_no', isText),
  ...analogy('materiel_no', longest(100)),
];

export const PAYMENT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('amount', isInteger, FEN),
  ...confirmed('description', isText, longest(30)),
  ...confirmed('count', isInteger, between(1, 100)),
];

/** Errors in the members of location and device. */
export function* placeFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* within(wire, 'location', LOCATION, rules);
  yield* within(wire, 'device', DEVICE, rules);
}

export function* paymentFindings(wire: JsonObject): Generator<Finding> {
  yield* repeatedNames(wire, 'post_payments');
  for (const [index, item] of objects(wire, 'post_payments').entries()) {
    if (item['amount'] === undefined && item['description'] === undefined) {
      yield { field: `/post_payments/${index}`, issue: 'needs amount or description' };
    }
  }
}

export function* repeatedNames(wire: JsonObject, list: string): Generator<Finding> {
  const names = objects(wire, list).map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (name !== undefined && !isRepeatable(list, name) && names.indexOf(name) < index) {
      yield { field: `/${list}/${index}/name`, issue: 'not unique within the order' };
    }
  }
}

function isRepeatable(list: string, name: unknown): boolean {
  return list === 'post_payments' && name === REPEATABLE;
}

/** Errors in the members of an object of the body. */
export function* within(
  wire: JsonObject,
  name: string,
  fields: readonly FieldRule[],
  rules: SandboxRules,
): Generator<Finding> {
  const value = wire[name];
  if (isJsonObject(value)) {
    const enforced = fields.filter(({ basis }) => rules.analogyRules || basis === 'confirmed');
    yield* memberFindings(value, enforced, `/${name}`);
  }
}
