import {
  type Answer,
  decode,
  encode,
  type Field,
  type Request,
  type Shape,
  type Wire,
} from './codec.ts';
import { fromWireTime, toWireTime } from './service-time.ts';

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
