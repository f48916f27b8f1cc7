import { fromWireTime, toWireTime } from './service-time.ts';

/**
 * A wire shape is declared once, as a record of fields under WeChat's own names. The camelCase
 * types of both directions, and the mapping between them, follow from it.
 */
export type Shape = Readonly<Record<string, Field<never, unknown, boolean>>>;

export interface Field<Sent, Seen, Required extends boolean> {
  readonly required: Required;
  readonly encode: (value: Sent, encrypt: Encrypt) => unknown;
  /** `undefined` where the wire value can't be read as this type. */
  readonly decode: (value: unknown, drop: DropField, path: string) => Seen | undefined;
}

/** Told the wire name of a field that could not be read (`fees[0].fee_count`), never its value. */
export type DropField = (path: string) => void;
export type Encrypt = (plaintext: string) => string;

type SentIn<F> = F extends Field<infer Sent, unknown, boolean> ? Sent : never;
type SeenIn<F> = F extends Field<never, infer Seen, boolean> ? Seen : never;
type RequiredIn<S extends Shape> = {
  [Name in keyof S]: S[Name]['required'] extends true ? Name : never;
}[keyof S];

/** What a caller hands in. Optional fields may be left out or null: null is never sent. */
export type Request<S extends Shape> = {
  readonly [Name in RequiredIn<S> & string as CamelCase<Name>]: SentIn<S[Name]>;
} & {
  readonly [Name in Exclude<keyof S, RequiredIn<S>> & string as CamelCase<Name>]?:
    | SentIn<S[Name]>
    | null
    | undefined;
};

/** What a caller gets. Every field is there; an optional one is null where WeChat sent none. */
export type Answer<S extends Shape> = {
  readonly [Name in keyof S & string as CamelCase<Name>]: S[Name]['required'] extends true
    ? SeenIn<S[Name]>
    : SeenIn<S[Name]> | null;
};

export type Wire = Readonly<Record<string, unknown>>;

/** A camelCase request as WeChat's JSON object: declared fields only, in their order, without nulls. */
export function encode<S extends Shape>(shape: S, request: Request<S>, encrypt: Encrypt): Wire;
export function encode(
  shape: Readonly<Record<string, Field<unknown, unknown, boolean>>>,
  request: Wire,
  encrypt: Encrypt,
): Wire {
  const wire: Record<string, unknown> = {};
  for (const { name, key } of namesOf(shape)) {
    const value = request[key];
    if (value !== undefined && value !== null) {
      wire[name] = shape[name]?.encode(value, encrypt);
    }
  }
  return wire;
}

/**
 * WeChat's JSON object as a camelCase answer. Optional fields that are missing or oddly typed
 * become null and are named to `drop`. Without a required field there is no answer: `undefined`.
 * Nothing of the request fills a gap: a value that is compared with itself always matches.
 */
export function decode<S extends Shape>(
  shape: S,
  wire: Wire,
  drop: DropField,
  prefix?: string,
): Answer<S> | undefined;
export function decode(shape: Shape, wire: Wire, drop: DropField, prefix = ''): unknown {
  const answer: Record<string, unknown> = {};
  for (const { name, key } of namesOf(shape)) {
    const field = shape[name];
    const value = wire[name] ?? undefined;
    const path = prefix + name;
    const read = value === undefined ? undefined : field?.decode(value, drop, path);
    if (value !== undefined && read === undefined) {
      drop(path);
    }
    if (read === undefined && field?.required) {
      return undefined;
    }
    answer[key] = read ?? null;
  }
  return answer;
}

/** The declared names are few and come with every call: to make them anew was half of what reading cost. */
const names = new WeakMap<object, readonly Name[]>();

interface Name {
  readonly name: string;
  readonly key: string;
}

function namesOf(shape: object): readonly Name[] {
  const known = names.get(shape);
  if (known !== undefined) {
    return known;
  }
  const listed = Object.keys(shape).map((name) => ({ name, key: camelCase(name) }));
  names.set(shape, listed);
  return listed;
}

/** A JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const text = {
  required: false,
  encode: (value) => value,
  decode: readText,
} satisfies Field<string, string, boolean>;

/** Amounts in fen, counts and codes: non-negative, safe. WeChat's samples show them as strings too. */
export const integer = {
  required: false,
  encode: (value) => value,
  decode: readInteger,
} satisfies Field<number, number, boolean>;

export const flag = {
  required: false,
  encode: (value) => value,
  decode: (value) => (value === 'true' ? true : value === 'false' ? false : readFlag(value)),
} satisfies Field<boolean, boolean, boolean>;

/** ISO 8601 on our side, WeChat's digits on the wire: service-time.ts. */
export const serviceTime = {
  required: false,
  encode: (value) => {
    const wire = toWireTime(value);
    if (wire === undefined) {
      throw new RangeError('A service time is ISO 8601, a date, OnAccept or yyyyMMddHHmmss.');
    }
    return wire;
  },
  decode: (value) => {
    const digits = readText(value);
    return digits === undefined ? undefined : fromWireTime(digits);
  },
} satisfies Field<string, string, boolean>;

/** Plaintext on our side, RSA-OAEP ciphertext on the wire. Only requests hold such fields. */
export const sensitive = {
  required: false,
  encode: (value, encrypt) => encrypt(value),
  decode: () => undefined,
} satisfies Field<string, never, boolean>;

/** A list of objects. An item that can't be read is dropped, the others stay. */
export function listOf<S extends Shape>(
  shape: S,
): Field<readonly Request<S>[], readonly Answer<S>[], false> {
  return {
    required: false,
    encode: (items, encrypt) => items.map((item) => encode(shape, item, encrypt)),
    decode: (value, drop, path) => {
      if (!Array.isArray(value)) {
        return undefined;
      }
      return value.flatMap((item: unknown, index) => {
        const at = `${path}[${index}]`;
        const read = isObject(item) ? decode(shape, item, drop, `${at}.`) : undefined;
        if (read === undefined) {
          drop(at);
        }
        return read === undefined ? [] : [read];
      });
    },
  };
}

export function objectOf<S extends Shape>(shape: S): Field<Request<S>, Answer<S>, false> {
  return {
    required: false,
    encode: (value, encrypt) => encode(shape, value, encrypt),
    decode: (value, drop, path) =>
      isObject(value) ? decode(shape, value, drop, `${path}.`) : undefined,
  };
}

/** The same field, always there. */
export function required<Sent, Seen>(field: Field<Sent, Seen, boolean>): Field<Sent, Seen, true> {
  return { ...field, required: true };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : Number.isFinite(value) ? String(value) : undefined;
}

function readInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

function readFlag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** `out_order_no` → `outOrderNo`, as a type. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** `out_order_no` → `outOrderNo`. Exact inverse of {@link snakeCase} for WeChat's names. */
export function camelCase<Name extends string>(name: Name): CamelCase<Name>;
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `outOrderNo` → `out_order_no`. Exact inverse of {@link camelCase}. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
