import { parseObject } from './refusal.ts';
import { sameOrder } from './same-order.ts';
import { decode } from './shape.ts';
import { createRequest, type PayAfterOrder } from './wire.ts';

export type WriteOperation = 'create' | 'complete' | 'cancel' | 'sync';

const UNUSED = 1;
/** What a synced order is paid by: an inference of those who use it; a debit of WeChat's shows none. */
const OWN_CHANNEL = 'MchChannelPayType';

/**
 * Whether the order that a query shows has taken a write, by the bytes that were sent: the one place
 * that decides it, for a call and for whoever asks later. What the answer leaves out is not compared.
 */
export function hasTaken(
  operation: WriteOperation,
  body: Uint8Array,
  order: PayAfterOrder,
): boolean {
  switch (operation) {
    case 'create': {
      const wire = parseObject(body);
      const sent = wire && decode(createRequest, wire, () => {});
      return sent !== undefined && sameOrder(sent, order);
    }
    case 'complete': {
      const sent = parseObject(body);
      const sameAmount = order.totalAmount === null || order.totalAmount === sent?.['total_amount'];
      const unused = sent?.['finish_type'] === UNUSED && order.state === 'REVOKED';
      return sameAmount && (order.state === 'FINISHED' || order.state === 'USER_PAID' || unused);
    }
    case 'cancel':
      return order.state === 'REVOKED';
    case 'sync':
      // Debited by WeChat instead, the user has paid twice: that is for the merchant to see.
      return order.state === 'USER_PAID' && order.payType === OWN_CHANNEL;
  }
}
