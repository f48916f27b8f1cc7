import { isJsonObject, type JsonObject } from '../http/json.ts';

/** Says what a control expected; returned with a 4xx status. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads the members of a control's JSON body, each with its rule, and collects their names. */
export interface InputReader {
  integer(name: string, range: { min: number; max: number; fallback?: number }): number;
  /** A number that need not be an integer. */
  number(name: string, range: { min: number; max: number; fallback?: number }): number;
  text(name: string, fallback: string): string;
  flag(name: string, fallback: boolean): boolean;
  oneOf<Choice>(name: string, choices: readonly Choice[], fallback?: Choice): Choice;
  has(name: string): boolean;
  isNull(name: string): boolean;
  /** Rejects members that no read has named. Call it last. */
  refuseOthers(): void;
}

export function readInput(body: unknown): InputReader {
  if (!isJsonObject(body)) {
    throw new ControlError(400, 'expected a JSON object');
  }
  const names = new Set<string>();
  const read = (name: string): unknown => {
    names.add(name);
    return body[name];
  };
  return {
    integer: (name, { min, max, fallback }) => {
      const value = read(name) ?? fallback;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
        throw new ControlError(400, `${name} is a whole number from ${min} to ${max}`);
      }
      return value;
    },
    number: (name, { min, max, fallback }) => {
      const value = read(name) ?? fallback;
      if (typeof value !== 'number' || value < min || value > max) {
        throw new ControlError(400, `${name} is a number from ${min} to ${max}`);
      }
      return value;
    },
    text: (name, fallback) => {
      const value = read(name) ?? fallback;
      if (typeof value !== 'string') {
        throw new ControlError(400, `${name} is a string`);
      }
      return value;
    },
    flag: (name, fallback) => {
      const value = read(name) ?? fallback;
      if (typeof value !== 'boolean') {
        throw new ControlError(400, `${name} is true or false`);
      }
      return value;
    },
    oneOf: (name, choices, fallback) => {
      const value = read(name) ?? fallback;
      const choice = choices.find((candidate) => candidate === value);
      if (choice === undefined) {
        throw new ControlError(400, `${name} is one of ${choices.join(', ')}`);
      }
      return choice;
    },
    has: (name) => Object.hasOwn(body, name),
    isNull: (name) => read(name) === null,
    refuseOthers: () => refuseOthers(body, names),
  };
}

function refuseOthers(body: JsonObject, names: ReadonlySet<string>) {
  if (Object.keys(body).some((name) => !names.has(name))) {
    throw new ControlError(400, `unknown option; the options here are ${[...names].join(', ')}`);
  }
}
