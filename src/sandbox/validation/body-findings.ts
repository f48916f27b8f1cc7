import { isJsonObject, type JsonObject } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import type { FieldRule } from './field-rules.ts';

export interface Finding {
  /** JSON pointer. */
  readonly field: string;
  readonly issue: string;
}

/** The fields of a body, and those of the items of its lists. */
export interface BodyTable {
  readonly fields: readonly FieldRule[];
  readonly lists: Readonly<Record<string, readonly FieldRule[]>>;
}

/** Every error in single fields of a body, in the order of its table. */
export function* fieldFindings(
  wire: JsonObject,
  { fields, lists }: BodyTable,
  rules: SandboxRules,
): Generator<Finding> {
  yield* forbiddenValues(wire, '');
  const holds = (rule: FieldRule) => rules.analogyRules || rule.basis === 'confirmed';
  yield* memberFindings(wire, fields.filter(holds), '');
  for (const [list, itemFields] of Object.entries(lists)) {
    yield* itemFindings(wire, list, itemFields.filter(holds));
  }
}

/** JSON null, and characters of 4 bytes in UTF-8, are refused everywhere. */
function* forbiddenValues(value: unknown, pointer: string): Generator<Finding> {
  if (value === null) {
    yield { field: pointer, issue: 'null is not allowed' };
  } else if (typeof value === 'string' && /[\u{10000}-\u{10FFFF}]/u.test(value)) {
    yield { field: pointer, issue: 'has a character of 4 bytes in UTF-8' };
  } else if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) {
      yield* forbiddenValues(member, `${pointer}/${key}`);
    }
  }
}

export function* memberFindings(
  values: JsonObject,
  rules: readonly FieldRule[],
  prefix: string,
): Generator<Finding> {
  for (const { field, check } of rules) {
    const issue = check(values[field]);
    if (issue !== undefined) {
      yield { field: `${prefix}/${field}`, issue };
    }
  }
}

function* itemFindings(wire: JsonObject, list: string, rules: readonly FieldRule[]) {
  for (const [index, item] of items(wire, list).entries()) {
    const pointer = `/${list}/${index}`;
    if (isJsonObject(item)) {
      yield* memberFindings(item, rules, pointer);
    } else {
      yield { field: pointer, issue: 'must be an object' };
    }
  }
}

/** By analogy: names are unique within a list, and a fee has an amount or a description. */
export function* listFindings(wire: JsonObject): Generator<Finding> {
  yield* repeatedNames(wire, 'fees', 'fee_name');
  yield* repeatedNames(wire, 'discounts', 'discount_name');
  for (const [index, fee] of objects(wire, 'fees').entries()) {
    if (fee['fee_amount'] === undefined && fee['fee_desc'] === undefined) {
      yield { field: `/fees/${index}`, issue: 'needs fee_amount or fee_desc' };
    }
  }
}

function* repeatedNames(wire: JsonObject, list: string, name: string): Generator<Finding> {
  const names = objects(wire, list).map((item) => item[name]);
  for (const [index, value] of names.entries()) {
    if (value !== undefined && names.indexOf(value) < index) {
      yield { field: `/${list}/${index}/${name}`, issue: 'not unique within the order' };
    }
  }
}

function items(wire: JsonObject, list: string): readonly unknown[] {
  const value = wire[list];
  return Array.isArray(value) ? value : [];
}

/** The items of a list whose fields have been checked. */
export function objects(wire: JsonObject, list: string): readonly JsonObject[] {
  return items(wire, list).filter(isJsonObject);
}
