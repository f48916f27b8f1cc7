import { describe, expect, test } from 'vitest';
import {
  cancelOrder,
  syncOrder,
} from '../../../../src/orders/commands/pay-after-order/cancel-and-sync.ts';
import { completeOrder } from '../../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../../src/orders/commands/pay-after-order/create.ts';
import { InvalidInputError } from '../../../../src/orders/rules/field-rules.ts';
import {
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
  WechatUnavailableError,
} from '../../../../src/wechat/index.ts';
import { eventsOf, orderOf } from '../../../fixtures/ledger/observations.ts';
import { openTestLedger } from '../../../fixtures/ledger/test-ledger.ts';
import {
  acceptedOrder,
  cancellation,
  completion,
  paidElsewhere,
  toTheSecond,
} from '../../../fixtures/orders/completed.ts';
import { orderInput } from '../../../fixtures/orders/services.ts';
import { useServices } from '../../../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();

const statesOf = async () => {
  await services().ledger.idle();
  return (await eventsOf(services().ledger)).map(({ state }) => state);
};

describe('cancelling', () => {
  test('a cancel makes an order REVOKED, and a repeat succeeds with the same bytes', async () => {
    const { outOrderNo } = await createOrder(services(), orderInput(upstream()));
    const first = await cancelOrder(services(), cancellation(upstream(), outOrderNo));
    const second = await cancelOrder(services(), cancellation(upstream(), outOrderNo));
    expect(second).toEqual({ ...first, replayed: true });
    expect(await statesOf()).toEqual(['CREATED', 'REVOKED']);
    const sent = upstream().calls('cancel').slice(-2);
    expect(new Set(sent.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  });

  test('a cancel whose response was lost is a success', async () => {
    const { outOrderNo } = await createOrder(services(), orderInput(upstream()));
    const done = { on: 'cancel', fault: 'status', status: 400, code: 'ORDER_CANCELED' };
    await upstream().fault([{ on: 'cancel', fault: 'truncate' }, done]);
    await cancelOrder(services(), cancellation(upstream(), outOrderNo));
    expect(await statesOf()).toEqual(['CREATED', 'REVOKED']);
  });

  test('if the response to a create was lost, the state that the query shows is recorded', async () => {
    const order = orderInput(upstream());
    await createOrder(services(), order);
    await cancelOrder(services(), cancellation(upstream(), order.outOrderNo));
    const other = await openTestLedger();
    const refused = { on: 'create', fault: 'status', status: 400, code: 'PARAM_ERROR' };
    await upstream().fault([{ on: 'create', fault: 'reset-before' }, refused]);
    await createOrder({ ...services(), ledger: other }, order);
    await other.idle();
    expect(await orderOf(other, order.outOrderNo)).toMatchObject({ state: 'REVOKED' });
    await other.close();
  });

  test('a repeated cancel that later rules forbid is an unknown outcome if the query is refused', async () => {
    const { outOrderNo } = await createOrder(services(), orderInput(upstream()));
    const long = { ...cancellation(upstream(), outOrderNo), reason: '下错单'.repeat(20) };
    await upstream().control('POST', 'rules', { analogyRules: false });
    await cancelOrder({ ...services(), inputRules: 'confirmed' }, long);
    await upstream().control('POST', 'rules', { analogyRules: true });
    await services().ledger.idle();
    await upstream().fault([{ on: 'query', fault: 'status', status: 401, code: 'SIGN_ERROR' }]);
    await expect(cancelOrder(services(), long)).rejects.toThrow(OrderOutcomeUnknownError);
    await expect(cancelOrder(services(), long)).resolves.toMatchObject({ replayed: true });
  });

  test('cancelling an order that does not exist is an OrderNotFoundError', async () => {
    const missing = cancelOrder(services(), cancellation(upstream(), 'MISSING'));
    await expect(missing).rejects.toThrow(OrderNotFoundError);
  });

  test('cancelling a completed order is an OrderStateError with its state, and changes nothing', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    await completeOrder(services(), completion(upstream(), outOrderNo));
    const late = cancelOrder(services(), cancellation(upstream(), outOrderNo));
    await expect(late).rejects.toMatchObject({ name: 'OrderStateError', state: 'FINISHED' });
    await services().ledger.idle();
    expect(await orderOf(services().ledger, outOrderNo)).toMatchObject({ state: 'FINISHED' });
  });

  test('cancelling without a reason is refused before a call', async () => {
    const empty = cancelOrder(services(), { ...cancellation(upstream(), 'N1'), reason: '' });
    await expect(empty).rejects.toThrow(InvalidInputError);
  });
});

describe('a query before a write', () => {
  test.each(['none', 'wrong'])(
    'a query before a write whose 404 has a signature that is %s proves nothing, and nothing is sent',
    async (signature) => {
      const outOrderNo = await acceptedOrder(upstream(), services());
      const absent = { fault: 'status', status: 404, code: 'ORDER_NOT_EXIST', signature };
      await upstream().fault({ on: 'query', times: null, ...absent });
      const before = upstream().calls('complete').length;
      const completed = completeOrder(services(), completion(upstream(), outOrderNo));
      await expect(completed).rejects.toThrow(WechatUnavailableError);
      expect(upstream().calls('complete')).toHaveLength(before);
    },
  );
});

describe('telling WeChat that it was paid elsewhere', () => {
  test('a sync makes a completed order USER_PAID, and a repeat succeeds', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    await completeOrder(services(), completion(upstream(), outOrderNo));
    await upstream().control('POST', 'clock', { advanceSeconds: 60 });
    const paidTime = toTheSecond(Date.now() + 30_000);
    const first = await syncOrder(services(), paidElsewhere(upstream(), outOrderNo, paidTime));
    const second = await syncOrder(services(), paidElsewhere(upstream(), outOrderNo, paidTime));
    expect(second).toEqual({ ...first, replayed: true });
    expect(await statesOf()).toEqual(['CREATED', 'FINISHED', 'USER_PAID']);
  });

  test('a sync of an order that is not completed is an OrderStateError with its state', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const early = syncOrder(services(), paidElsewhere(upstream(), outOrderNo));
    await expect(early).rejects.toBeInstanceOf(OrderStateError);
    await expect(early).rejects.toMatchObject({ state: 'USER_ACCEPTED' });
  });

  test('a sync does not accept a plain date', async () => {
    const date = syncOrder(services(), paidElsewhere(upstream(), 'N1', '2026-01-01'));
    await expect(date).rejects.toThrow(InvalidInputError);
  });
});
