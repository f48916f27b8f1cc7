import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { OrderConflictError, OrderOutcomeUnknownError } from '../../../src/wechat/index.ts';
import { ORIGIN } from '../../fixtures/ledger/intended.ts';
import { eventsOf, orderOf } from '../../fixtures/ledger/observations.ts';
import { manualClock, openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce } from '../../fixtures/orders/reconcile.ts';
import { orderInput, type TestServices } from '../../fixtures/orders/services.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const { upstream } = useServices();

async function withoutAnswer(fault: string) {
  const clock = manualClock(Date.now());
  const ledger = await openTestLedger({ now: clock.now });
  const services: TestServices = {
    wechat: upstream().wechat,
    inputRules: 'all',
    ledger,
    visibility: ALL_ORDERS,
    origin: ORIGIN,
  };
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
  const input = orderInput(upstream(), { openid, needUserConfirm: false, name: '张三' });
  await upstream().fault({ on: 'create', fault, times: 3 });
  await expect(createOrder(services, input)).rejects.toThrow(OrderOutcomeUnknownError);
  await ledger.idle();
  const status = async () => {
    const query = ledger.store.db.selectFrom('intents').select('status');
    return (await query.execute()).map((intent) => intent.status);
  };
  expect(await status()).toEqual(['open']);
  clock.advance(25_000);
  return { ledger, services, input, openid, status };
}

describe('a create of which no answer came', () => {
  test('the reconciler finds the order of a create without a response, with its owner and its amount', async () => {
    const { ledger, services, input, openid, status } = await withoutAnswer('reset-after');
    await lookOnce(services.wechat, ledger);
    expect(await status()).toEqual(['done']);
    expect(await orderOf(ledger, input.outOrderNo)).toMatchObject({
      state: 'USER_ACCEPTED',
      owner: ledger.ownerOf(openid),
      risk_amount: 9_900,
    });
    expect(await eventsOf(ledger)).toMatchObject([{ source: 'RECONCILER' }]);
    const other = createOrder(services, { ...input, riskAmount: 1 });
    await expect(other).rejects.toThrow(OrderConflictError);
    await ledger.close();
  });

  test('the reconciler finds that a create without a response made no order, and releases its number', async () => {
    const { ledger, services, input, status } = await withoutAnswer('reset-before');
    await lookOnce(services.wechat, ledger);
    expect(await status()).toEqual(['absent']);
    const corrected = createOrder(services, { ...input, riskAmount: 1 });
    await expect(corrected).resolves.toMatchObject({ outOrderNo: input.outOrderNo });
    await ledger.close();
  });

  test('a create without a response does not become the owner of an order that another system made under its number', async () => {
    const { ledger, services, input, status } = await withoutAnswer('reset-before');
    await services.wechat.createPayAfterOrder({ ...input, riskAmount: 1 });
    await lookOnce(services.wechat, ledger);
    expect(await status()).toEqual(['refused']);
    expect(await orderOf(ledger, input.outOrderNo)).toMatchObject({ owner: null, risk_amount: 1 });
    await ledger.close();
  });
});
