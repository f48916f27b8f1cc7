import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { WechatRefusedError } from '../../../src/wechat/index.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { ORIGIN } from '../../fixtures/ledger/intended.ts';
import type { TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import {
  orderInput,
  startUpstream,
  type TestServices,
  type Upstream,
} from '../../fixtures/orders/services.ts';

let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const servicesOf = (ledger: TestLedger): TestServices => ({
  wechat: upstream.wechat,
  inputRules: 'all',
  visibility: ALL_ORDERS,
  origin: ORIGIN,
  ledger,
});

async function refusedThenCorrected(first: TestServices, second: TestServices) {
  await upstream.fault({ on: 'create', fault: 'status', status: 400, code: 'PARAM_ERROR' });
  const input = orderInput(upstream);
  await expect(createOrder(first, input)).rejects.toThrow(WechatRefusedError);
  return createOrder(second, { ...input, riskAmount: 100 });
}

/** Its writes take their time, as on a disk that is busy. */
function slowly(ledger: TestLedger): TestLedger {
  const write: TestLedger['store']['write'] = async (job) => {
    await sleep(30);
    return ledger.store.write(job);
  };
  return { ...ledger, store: { ...ledger.store, write } };
}

describe.each(databases)('a refused number, on $name', ({ name, start }) => {
  const database = useDatabase(start);

  test('a refused number may be used again as soon as its refusal is returned', async () => {
    const ledger = await database.openLedger();
    for (let round = 0; round < 10; round += 1) {
      const again = refusedThenCorrected(servicesOf(ledger), servicesOf(ledger));
      await expect(again).resolves.toHaveProperty('orderId');
    }
  });

  test.skipIf(name === 'SQLite')(
    'a refused number may be used again at another instance too',
    async () => {
      const url = await database.freshUrl();
      const one = servicesOf(slowly(await database.openLedger({ url })));
      const other = servicesOf(await database.openLedger({ url }));
      for (let round = 0; round < 5; round += 1) {
        await expect(refusedThenCorrected(one, other)).resolves.toHaveProperty('orderId');
      }
    },
  );
});
