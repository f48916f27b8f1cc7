import { describe, expect, test } from 'vitest';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { acquire } from '../fixtures/ledger/intended.ts';
import { see } from '../fixtures/ledger/observations.ts';

const EVERYONE = { kind: 'all', owner: null } as const;

describe.each(databases)('records on $name', ({ start }) => {
  const database = useDatabase(start);

  test('an open create is found beside an order whose number both products have', async () => {
    const ledger = await database.openLedger();
    await see(ledger, { outOrderNo: 'A' });
    await see(ledger, { outOrderNo: 'A', product: 'SERVICE_ORDER' });
    await acquire(ledger, { outOrderNo: 'B', product: 'SERVICE_ORDER' });
    const found = await ledger.findRecords(EVERYONE, [
      { product: 'PAY_AFTER', outOrderNo: 'A' },
      { product: 'SERVICE_ORDER', outOrderNo: 'B' },
    ]);
    expect(found).toMatchObject([
      { product: 'PAY_AFTER', outOrderNo: 'A', status: 'CREATED' },
      { product: 'SERVICE_ORDER', outOrderNo: 'B', status: 'UNKNOWN', stateRaw: null },
    ]);
  });
});
