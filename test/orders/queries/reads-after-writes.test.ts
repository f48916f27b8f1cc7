import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { createOrder } from '../../../src/orders/commands/create-order.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { orderInput } from '../../fixtures/orders/services.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const ORDERS = 20;
const { upstream, services } = useServices();

describe.each(databases)('on $name', ({ start }) => {
  const database = useDatabase(start);

  test('every read after the response to a create shows its order', async () => {
    const ledger = await database.openLedger();
    const missed: string[] = [];
    for (let count = 0; count < ORDERS; count += 1) {
      const { outOrderNo } = await createOrder({ ...services(), ledger }, orderInput(upstream()));
      const everything = { visibility: ALL_ORDERS, filter: {}, first: 100, after: null };
      const { rows } = await ledger.listOrders(everything);
      if (!rows.some((row) => row.outOrderNo === outOrderNo)) {
        missed.push(outOrderNo);
      }
    }
    expect(missed).toEqual([]);
  });
});
