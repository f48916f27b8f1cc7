import { expect, test } from 'vitest';
import type { PayAfterOrder } from '../../../src/wechat/codec/wire-types.ts';
import { outcomeByQuery, type WriteOutcome } from '../../../src/wechat/endpoints/write-outcome.ts';
import { shownOrder } from '../../fixtures/ledger/observations.ts';

const body = (wire: object) => Buffer.from(JSON.stringify(wire));
const USED = { finish_type: 2, total_amount: 80 };
const UNUSED = { finish_type: 1, total_amount: 0 };
const CREATE = {
  appid: 'a',
  out_order_no: 'N1',
  service_id: 's',
  service_start_time: 'OnAccept',
  service_start_location: '北京西站',
  service_introduction: ' 充电宝租借 ',
  risk_amount: 80,
};

test.each<
  ['create' | 'complete' | 'cancel' | 'sync', object, Partial<PayAfterOrder>, WriteOutcome]
>([
  ['create', CREATE, { riskAmount: 80 }, 'took-effect'],
  ['create', CREATE, { riskAmount: 80, serviceIntroduction: '充电宝租借' }, 'took-effect'],
  ['create', CREATE, { riskAmount: 80, serviceIntroduction: '充电宝' }, 'no-effect'],
  ['create', CREATE, { riskAmount: 81 }, 'no-effect'],
  ['create', CREATE, { riskAmount: null }, 'undetermined'],
  ['create', CREATE, { riskAmount: null, serviceStartLocation: '上海' }, 'no-effect'],
  ['complete', USED, { state: 'FINISHED', totalAmount: 80 }, 'took-effect'],
  ['complete', USED, { state: 'USER_PAID', totalAmount: 80 }, 'took-effect'],
  ['complete', USED, { state: 'FINISHED', totalAmount: 80, finishType: 2 }, 'took-effect'],
  ['complete', USED, { state: 'NEW', totalAmount: 80, finishType: 2 }, 'took-effect'],
  ['complete', USED, { state: 'FINISHED', totalAmount: null }, 'undetermined'],
  ['complete', USED, { state: 'FINISHED', totalAmount: null, finishType: 2 }, 'undetermined'],
  ['complete', USED, { state: 'FINISHED', totalAmount: 81 }, 'no-effect'],
  ['complete', USED, { state: 'FINISHED', totalAmount: 80, finishType: 1 }, 'no-effect'],
  ['complete', USED, { state: 'USER_ACCEPTED' }, 'no-effect'],
  ['complete', USED, { state: 'USER_ACCEPTED', totalAmount: 0 }, 'no-effect'],
  ['complete', USED, { state: 'REVOKED' }, 'no-effect'],
  ['complete', USED, { state: 'NEW' }, 'undetermined'],
  ['complete', UNUSED, { state: 'REVOKED' }, 'undetermined'],
  ['complete', UNUSED, { state: 'REVOKED', finishType: 1 }, 'took-effect'],
  ['complete', UNUSED, { state: 'REVOKED', finishType: 1, totalAmount: 0 }, 'took-effect'],
  ['complete', UNUSED, { state: 'REVOKED', finishType: 1, totalAmount: 5 }, 'no-effect'],
  ['complete', UNUSED, { state: 'FINISHED', totalAmount: 0 }, 'took-effect'],
  ['cancel', {}, { state: 'REVOKED' }, 'took-effect'],
  ['cancel', {}, { state: 'EXPIRED' }, 'no-effect'],
  ['cancel', {}, { state: 'NEW' }, 'undetermined'],
  ['sync', {}, { state: 'USER_PAID', payType: 'MchChannelPayType' }, 'took-effect'],
  ['sync', {}, { state: 'USER_PAID', finishTransactionId: '42' }, 'no-effect'],
  ['sync', {}, { state: 'USER_PAID' }, 'undetermined'],
  ['sync', {}, { state: 'FINISHED' }, 'no-effect'],
  ['sync', {}, { state: 'NEW' }, 'undetermined'],
])('a %s of %j, of an order that a query shows as %j: %s', (operation, sent, shown, outcome) => {
  expect(outcomeByQuery(operation, body(sent), shownOrder(shown))).toBe(outcome);
});
