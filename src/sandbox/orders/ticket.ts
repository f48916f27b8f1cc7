import { createHmac } from 'node:crypto';
import { opaque } from '../random.ts';

const SALT_LENGTH = 16;

/**
 * A finish_ticket: a salt, and its HMAC with the order's own secret. So every issued ticket stays
 * valid without being stored, and cannot be forged.
 * @param isNew false for the same ticket every time
 */
export function giveTicket(secret: string, isNew: boolean): string {
  const salt = isNew ? opaque((SALT_LENGTH / 4) * 3) : 'A'.repeat(SALT_LENGTH);
  return salt + seal(secret, salt);
}

/** Whether a ticket was issued for the order of this secret. */
export function isTicketOf(secret: string, ticket: string): boolean {
  const salt = ticket.slice(0, SALT_LENGTH);
  return ticket === salt + seal(secret, salt);
}

function seal(secret: string, salt: string): string {
  return createHmac('sha256', secret).update(salt).digest('base64url');
}
