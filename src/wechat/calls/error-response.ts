import type { Wire } from '../codec/codec.ts';
import { isObject } from '../codec/field-codecs.ts';
import type { Refusal } from '../errors.ts';
import type { TransportResult } from '../http/transport.ts';

type Answered = Extract<TransportResult, { type: 'answered' }>;

/** Every answer has one; its last part is the fine error number, 0 on success. */
export function requestIdOf(answered: Answered): string | null {
  return answered.header('request-id');
}

/** The `code` of an error's body; null where there is none of WeChat's form. */
export function readCode(answered: Answered): string | null {
  const code = answered.status < 400 ? undefined : parseObject(answered.body)?.['code'];
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : null;
}

/** `…-271316598` → 271316598; null where there is none. */
function fineNumber(requestId: string | null): number | null {
  const digits = requestId === null ? null : /-(\d{1,15})$/.exec(requestId)?.[1];
  return digits === undefined || digits === null || Number(digits) === 0 ? null : Number(digits);
}

/**
 * Reads a 4xx answer; `undefined` where it holds no code of WeChat's, as a proxy's page does.
 * @param sent the values that went out: WeChat's sentence is left out where it quotes one of them.
 */
export function readRefusal(
  answered: Answered,
  verified: boolean,
  sent: () => readonly string[],
): Refusal | undefined {
  const code = readCode(answered);
  if (code === null) {
    return undefined;
  }
  const requestId = requestIdOf(answered);
  const message = parseObject(answered.body)?.['message'];
  return {
    status: answered.status,
    code,
    number: fineNumber(requestId),
    requestId,
    explanation: typeof message === 'string' && !quotes(message, sent()) ? message : null,
    verified,
  };
}

/** The body as a JSON object; `undefined` for anything else, an empty body included. */
export function parseObject(body: Uint8Array): Wire | undefined {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(body.buffer, body.byteOffset, body.length).toString(),
    );
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function quotes(message: string, sent: readonly string[]): boolean {
  return sent.some((value) => value !== '' && message.includes(value));
}
