import { expect, test } from 'vitest';
import { hasTaken } from '../../src/wechat/recognise.ts';
import type { PayAfterOrder } from '../../src/wechat/wire.ts';
import { shownOrder } from '../support-orders/observations.ts';

const body = (wire: object) => Buffer.from(JSON.stringify(wire));
const USED = { finish_type: 2, total_amount: 80 };
const UNUSED = { finish_type: 1, total_amount: 0 };

test.each<['complete' | 'cancel' | 'sync', object, Partial<PayAfterOrder>, boolean]>([
  ['complete', USED, { state: 'FINISHED', totalAmount: 80 }, true],
  ['complete', USED, { state: 'USER_PAID', totalAmount: 80 }, true],
  ['complete', USED, { state: 'FINISHED', totalAmount: null }, true],
  ['complete', USED, { state: 'FINISHED', totalAmount: 81 }, false],
  ['complete', USED, { state: 'USER_ACCEPTED' }, false],
  ['complete', USED, { state: 'REVOKED' }, false],
  ['complete', UNUSED, { state: 'REVOKED' }, true],
  ['complete', UNUSED, { state: 'REVOKED', totalAmount: 0 }, true],
  ['complete', UNUSED, { state: 'REVOKED', totalAmount: 5 }, false],
  ['cancel', {}, { state: 'REVOKED' }, true],
  ['cancel', {}, { state: 'EXPIRED' }, false],
  ['sync', {}, { state: 'USER_PAID', payType: 'MchChannelPayType' }, true],
  ['sync', {}, { state: 'USER_PAID' }, false],
  ['sync', {}, { state: 'FINISHED' }, false],
])('a %s of %j is taken by an order that shows %j: %s', (operation, sent, shown, taken) => {
  expect(hasTaken(operation, body(sent), shownOrder(shown))).toBe(taken);
});
