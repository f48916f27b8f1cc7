import { isJsonObject } from '../http/json.ts';

/** Checks one value and returns what is wrong with it. An absent value is never wrong here. */
export type Check = (value: unknown) => string | undefined;

const whenGiven =
  (isRight: (value: unknown) => boolean, issue: string): Check =>
  (value) =>
    value === undefined || isRight(value) ? undefined : issue;

export const isText = whenGiven((value) => typeof value === 'string', 'must be a string');

export const isFlag = whenGiven((value) => typeof value === 'boolean', 'must be a boolean');

export const isInteger = whenGiven(Number.isSafeInteger, 'must be an integer');

export const isList = whenGiven(Array.isArray, 'must be an array');

export const required: Check = (value) =>
  value === undefined || value === '' ? 'required' : undefined;

/** A Chinese character counts as one. */
export const longest = (max: number) =>
  whenGiven(
    (value) => typeof value !== 'string' || [...value].length <= max,
    `longer than ${max} characters`,
  );

export const between = (min: number, max: number) =>
  whenGiven(
    (value) => typeof value !== 'number' || (value >= min && value <= max),
    max === Number.MAX_SAFE_INTEGER ? `less than ${min}` : `not within ${min} to ${max}`,
  );

export const mostItems = (max: number) =>
  whenGiven((value) => !Array.isArray(value) || value.length <= max, `more than ${max} items`);

export const shapedLike = (pattern: RegExp, form: string) =>
  whenGiven((value) => typeof value === 'string' && pattern.test(value), `must be ${form}`);

export const isObject = whenGiven(isJsonObject, 'must be an object');

export const oneOf = (...values: readonly unknown[]) =>
  whenGiven((value) => values.includes(value), `must be ${values.join(' or ')}`);
