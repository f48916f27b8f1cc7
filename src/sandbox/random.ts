import { randomBytes, randomInt } from 'node:crypto';

/** A string of decimal digits that does not begin with a zero. */
export function randomDigits(count: number): string {
  return Array.from({ length: count }, (_, i) => randomInt(i === 0 ? 1 : 0, 10)).join('');
}

/**
 * The serial number of a certificate: 40 upper-case hex digits. The first byte is below 0x80 and
 * above 0x0f, so that the number is positive and every tool prints all of its digits.
 */
export function randomSerial(): string {
  const bytes = randomBytes(20);
  bytes[0] = randomInt(0x10, 0x80);
  return bytes.toString('hex').toUpperCase();
}

/** A random text of URL-safe characters, four for every three bytes. */
export function opaque(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
