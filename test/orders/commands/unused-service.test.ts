import { expect, test } from 'vitest';
import { completeOrder } from '../../../src/orders/commands/pay-after-order/complete.ts';
import { eventsOf } from '../../fixtures/ledger/observations.ts';
import { acceptedOrder, completion } from '../../fixtures/orders/completed.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();

test.each(['REVOKED', 'FINISHED', 'USER_PAID'])(
  'a complete of an unused service records the state that a query shows: %s',
  async (stateAfterUnused) => {
    await upstream().control('POST', 'rules', { stateAfterUnused });
    const number = await acceptedOrder(upstream(), services());
    const input = completion(upstream(), number, {
      finishType: 'UNUSED',
      totalAmount: 0,
      cancelReason: '用户未使用',
      fees: null,
    });
    await expect(completeOrder(services(), input)).resolves.toMatchObject({ replayed: false });
    const { store, idle } = services().ledger;
    await idle();
    const states = async () => (await eventsOf(services().ledger)).map(({ state }) => state);
    expect(await states()).toEqual(['CREATED', stateAfterUnused]);
    const intent = store.db.selectFrom('intents').select(['status', 'check_at']);
    expect(await intent.where('operation', '=', 'complete').execute()).toEqual([
      { status: 'done', check_at: null },
    ]);
    await expect(completeOrder(services(), input)).resolves.toMatchObject({ replayed: true });
  },
);
