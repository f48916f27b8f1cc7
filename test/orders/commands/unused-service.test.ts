import { expect, test } from 'vitest';
import { completeOrder } from '../../../src/orders/commands/complete-order.ts';
import { eventsOf } from '../../fixtures/ledger/observations.ts';
import { acceptedOrder, completion } from '../../fixtures/orders/completed.ts';
import { useDesk } from '../../fixtures/orders/use-services.ts';

const { upstream, desk } = useDesk();

test.each(['REVOKED', 'FINISHED', 'USER_PAID'])(
  'a complete of an unused service records the state that a query shows: %s',
  async (stateAfterUnused) => {
    await upstream().control('POST', 'rules', { stateAfterUnused });
    const number = await acceptedOrder(upstream(), desk());
    const input = completion(upstream(), number, {
      finishType: 'UNUSED',
      totalAmount: 0,
      cancelReason: '用户未使用',
      fees: null,
    });
    await expect(completeOrder(desk(), input)).resolves.toMatchObject({ replayed: false });
    const { store, idle } = desk().ledger;
    await idle();
    const states = async () => (await eventsOf(desk().ledger)).map(({ state }) => state);
    expect(await states()).toEqual(['CREATED', stateAfterUnused]);
    const intent = store.db.selectFrom('intents').select(['status', 'check_at']);
    expect(await intent.where('operation', '=', 'complete').execute()).toEqual([
      { status: 'done', check_at: null },
    ]);
    await expect(completeOrder(desk(), input)).resolves.toMatchObject({ replayed: true });
  },
);
