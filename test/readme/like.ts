import { expect } from 'vitest';

/** What differs from run to run in its digits, not in its form. */
const VARYING = /\.(orderId|order_id|paySuccTime|finishTransactionId|now)$/;
/** Numbers that are never the same. */
const MEASURED = /\.ms$/;

/** The same members and values as printed; a text may go on where `…` stands. */
export function expectLike(actual: unknown, shown: unknown, path = ''): void {
  if (
    typeof shown === 'object' &&
    shown !== null &&
    typeof actual === 'object' &&
    actual !== null
  ) {
    expect(Object.keys(actual).toSorted(), path).toEqual(Object.keys(shown).toSorted());
    const members = new Map<string, unknown>(Object.entries(actual));
    for (const [name, value] of Object.entries(shown)) {
      expectLike(members.get(name), value, `${path}.${name}`);
    }
  } else if (typeof shown === 'string' && typeof actual === 'string' && shown.endsWith('…')) {
    expect(actual.startsWith(shown.slice(0, -1)), path).toBe(true);
    expect(actual.length, path).toBeGreaterThan(shown.length);
  } else if (typeof shown === 'string' && VARYING.test(path)) {
    expect(formOf(String(actual)), path).toBe(formOf(shown));
  } else if (MEASURED.test(path)) {
    expect(typeof actual, path).toBe(typeof shown);
  } else {
    expect(actual, path).toEqual(shown);
  }
}

function formOf(text: string): string {
  return text.replace(/\d/g, '0');
}
