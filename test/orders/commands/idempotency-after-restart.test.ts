import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../../src/domain/visibility.ts';
import { completeOrder } from '../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { ORIGIN } from '../../fixtures/ledger/intended.ts';
import type { TestLedgerOptions } from '../../fixtures/ledger/test-ledger.ts';
import { acceptedOrder, completion } from '../../fixtures/orders/completed.ts';
import { orderInput, type TestServices, type Upstream } from '../../fixtures/orders/services.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const { upstream } = useServices();

describe.each(databases)('after a restart on $name', ({ start }) => {
  const database = useDatabase(start);

  async function servicesOn(options: TestLedgerOptions): Promise<TestServices> {
    const ledger = await database.openLedger(options);
    return {
      wechat: upstream().wechat,
      inputRules: 'all',
      ledger,
      visibility: ALL_ORDERS,
      origin: ORIGIN,
    };
  }

  /** What a write sent before and after; each attempt once. */
  async function bytesAcross(
    kind: Parameters<Upstream['calls']>[0],
    write: (services: TestServices) => Promise<unknown>,
    url: string,
  ) {
    const from = upstream().calls(kind).length;
    for (let run = 0; run < 2; run += 1) {
      const services = await servicesOn({ url });
      await write(services);
      await services.ledger.close();
    }
    return upstream()
      .calls(kind)
      .slice(from)
      .map(({ bodySha256 }) => bodySha256);
  }

  test('after a restart the same create sends the same bytes', async () => {
    const input = orderInput(upstream(), { name: '张三', phone: '13800138000' });
    const url = await database.freshUrl();
    const sent = await bytesAcross('create', (services) => createOrder(services, input), url);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  test('after a restart the same complete sends the same bytes, although queries return another ticket', async () => {
    const url = await database.freshUrl();
    const services = await servicesOn({ url });
    const outOrderNo = await acceptedOrder(upstream(), services);
    await services.ledger.close();
    const input = completion(upstream(), outOrderNo);
    const sent = await bytesAcross('complete', (open) => completeOrder(open, input), url);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });
});
