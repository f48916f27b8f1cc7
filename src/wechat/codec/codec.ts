import { fromWireTime, toWireTime } from './service-time.ts';

/**
 * A wire format is declared once, as a record of fields under WeChat Pay's own names. The camelCase
 * types of both directions, and the mapping between them, follow from it.
 */
export type Shape = Readonly<Record<string, Field<never, unknown, boolean>>>;

export interface Field<Sent, Seen, Required extends boolean> {
  readonly required: Required;
  readonly encode: (value: Sent, encrypt: Encrypt) => unknown;
  /** `undefined` if the wire value cannot be read as this type. */
  readonly decode: (value: unknown, drop: DropField, path: string) => Seen | undefined;
}

/**
 * Called with the wire name of a field that could not be read (`fees[0].fee_count`), never its
 * value.
 */
export type DropField = (path: string) => void;
export type Encrypt = (plaintext: string) => string;

type SentIn<F> = F extends Field<infer Sent, unknown, boolean> ? Sent : never;
type SeenIn<F> = F extends Field<never, infer Seen, boolean> ? Seen : never;
type RequiredIn<S extends Shape> = {
  [Name in keyof S]: S[Name]['required'] extends true ? Name : never;
}[keyof S];

/** What a caller passes in. Optional fields may be omitted or null: null is never sent. */
export type Request<S extends Shape> = {
  readonly [Name in RequiredIn<S> & string as CamelCase<Name>]: SentIn<S[Name]>;
} & {
  readonly [Name in Exclude<keyof S, RequiredIn<S>> & string as CamelCase<Name>]?:
    | SentIn<S[Name]>
    | null
    | undefined;
};

/**
 * What a caller receives. Every field is present; an optional one is null if WeChat Pay sent none.
 */
export type Answer<S extends Shape> = {
  readonly [Name in keyof S & string as CamelCase<Name>]: S[Name]['required'] extends true
    ? SeenIn<S[Name]>
    : SeenIn<S[Name]> | null;
};

export type Wire = Readonly<Record<string, unknown>>;

/**
 * Encodes a camelCase request as WeChat Pay's JSON object: declared fields only, in their order,
 * without nulls.
 */
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
 * A wire object as it is sent, in memory of its own: a part of Buffer's pool would be cloned with the
 * whole pool (`Buffer.poolSize`) when it is sent to another thread.
 */
export function bodyOf(wire: Wire): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(wire)));
}

/**
 * Decodes WeChat Pay's JSON object to a camelCase response. Optional fields that are missing or
 * have another type become null and are reported to `drop`. Without a required field the result is
 * `undefined`. A missing field is never filled from the request: a value compared with itself
 * always matches.
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

/**
 * Cached, because the declared names are few and appear in every call: computing them was half of
 * the cost of decoding.
 */
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

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const text = {
  required: false,
  encode: (value) => value,
  decode: readText,
} satisfies Field<string, string, boolean>;

/**
 * Amounts in fen, counts and codes: non-negative safe integers. WeChat Pay's samples show them as
 * strings too.
 */
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

/** ISO 8601 in the API, WeChat Pay's digits on the wire: see service-time.ts. */
export const serviceTime = {
  required: false,
  encode: (value) => {
    const wire = toWireTime(value);
    if (wire === undefined) {
      throw new RangeError(
        'Invalid service time: use ISO 8601, a date, OnAccept or yyyyMMddHHmmss.',
      );
    }
    return wire;
  },
  decode: (value) => {
    const digits = readText(value);
    return digits === undefined ? undefined : fromWireTime(digits);
  },
} satisfies Field<string, string, boolean>;

/** A service time that is a plain date. */
export const serviceDate = {
  ...serviceTime,
  encode: (value) => {
    const wire = serviceTime.encode(value);
    if (!/^\d{8}$/.test(wire)) {
      throw new RangeError('Invalid service date: use a date without a time, or yyyyMMdd.');
    }
    return wire;
  },
} satisfies Field<string, string, boolean>;

/** Plaintext in the API, RSA-OAEP ciphertext on the wire. Only requests contain such fields. */
export const sensitive = {
  required: false,
  encode: (value, encrypt) => encrypt(value),
  decode: () => undefined,
} satisfies Field<string, never, boolean>;

/** A list of texts. Only requests contain such fields. */
export const texts = {
  required: false,
  encode: (value) => value,
  decode: () => undefined,
} satisfies Field<readonly string[], never, boolean>;

/** A list of objects. An item that cannot be read is dropped, the others are kept. */
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

/** The same field, required. */
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
