import { describe, expect, test } from 'vitest';
import {
  cancelOrder,
  syncOrder,
} from '../../../src/orders/commands/pay-after-order/cancel-and-sync.ts';
import { completeOrder } from '../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { OTHER_ANSWERS } from '../../../src/sandbox/faults/fault.ts';
import { createWechatPay, OrderOutcomeUnknownError } from '../../../src/wechat/index.ts';
import { eventsOf } from '../../fixtures/ledger/observations.ts';
import {
  acceptedOrder,
  cancellation,
  completion,
  paidElsewhere,
} from '../../fixtures/orders/completed.ts';
import { orderInput } from '../../fixtures/orders/services.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();

/** One attempt a call. */
function hastyServices() {
  const { credentials } = upstream().sandbox;
  const wechat = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
    publicKey: credentials.WECHAT_PUBLIC_KEY,
    baseUrl: credentials.WECHAT_BASE_URL,
    resilience: { maxRetries: 0, retryShare: 0, breakerAttempts: Number.POSITIVE_INFINITY },
  });
  return { ...services(), wechat };
}

const statuses = async () => {
  const { store, idle } = services().ledger;
  await idle();
  const rows = await store.db.selectFrom('intents').select(['operation', 'status']).execute();
  return new Map(rows.map(({ operation, status }) => [operation, status]));
};

describe.each(OTHER_ANSWERS)('a validly signed answer of another call: %s', (of) => {
  const answerOtherwise = (on: string) =>
    upstream().fault({ on, fault: 'other-answer', of, times: null, takesEffect: false });

  test('a signed response to another call makes no create succeed, and nothing is recorded', async () => {
    await answerOtherwise('create');
    const created = createOrder(hastyServices(), orderInput(upstream()));
    await expect(created).rejects.toThrow(OrderOutcomeUnknownError);
    expect(await statuses()).toEqual(new Map([['create', 'open']]));
    expect(await eventsOf(services().ledger)).toEqual([]);
  });

  test.each(['cancel', 'complete', 'sync'] as const)(
    'a signed response to another call makes no %s succeed, and nothing is recorded',
    async (operation) => {
      const number = await acceptedOrder(upstream(), services());
      await services().ledger.idle();
      const events = await eventsOf(services().ledger);
      await answerOtherwise(operation);
      const change = {
        cancel: () => cancelOrder(hastyServices(), cancellation(upstream(), number)),
        complete: () => completeOrder(hastyServices(), completion(upstream(), number)),
        sync: () => syncOrder(hastyServices(), paidElsewhere(upstream(), number)),
      };
      await expect(change[operation]()).rejects.toThrow(OrderOutcomeUnknownError);
      expect((await statuses()).get(operation)).toBe('open');
      expect(await eventsOf(services().ledger)).toEqual(events);
    },
  );
});
