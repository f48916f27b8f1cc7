import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ALL_ORDERS } from '../../src/domain/visibility.ts';
import type { Store } from '../../src/ledger/database/open-store.ts';
import { createOrder } from '../../src/orders/commands/pay-after-order/create.ts';
import { handleNotification } from '../../src/orders/notifications/handle-notification.ts';
import { databases, useDatabase } from '../fixtures/ledger/databases.ts';
import { ORIGIN } from '../fixtures/ledger/intended.ts';
import { orderNotification } from '../fixtures/ledger/observations.ts';
import { orderInput } from '../fixtures/orders/services.ts';
import { useServices } from '../fixtures/orders/use-services.ts';

const { upstream } = useServices();

const PERSONAL = {
  name: '金丝雀',
  phone: '13977770001',
  userid: '11010519491231777X',
  address: '金丝雀路77号',
  openid: 'oCANARY7777777777777777777777',
  attach: 'canary-attach-7777',
};
const CANARIES = Object.values(PERSONAL).flatMap((text) => [
  text,
  Buffer.from(text).toString('base64').replaceAll('=', ''),
  encodeURIComponent(text),
]);

/** Every value of every column of every table, as text. */
async function everythingIn({ db }: Store): Promise<readonly string[]> {
  const tables = await db.introspection.getTables();
  const rows = await Promise.all(
    tables.map(({ name }) => sql<object>`select * from ${sql.ref(name)}`.execute(db)),
  );
  return rows.flatMap((table) => table.rows).flatMap((row) => Object.values(row).map(String));
}

describe.each(databases)('what is stored on $name', ({ name: kind, start }) => {
  const database = useDatabase(start);

  test('no column of any table shows personal data', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const { wechat } = upstream();
    const input = orderInput(upstream(), { ...PERSONAL, needUserConfirm: false });
    await createOrder(
      { wechat, inputRules: 'all', ledger, visibility: ALL_ORDERS, origin: ORIGIN },
      input,
    );
    const { appid, serviceId, outOrderNo } = input;
    const order = { appid, serviceId, outOrderNo, state: 'USER_ACCEPTED', ...PERSONAL };
    await handleNotification(ledger, wechat, {
      ...orderNotification('n1', { ...order, mchid: wechat.mchid }),
    });
    const payload = JSON.stringify({ openid: PERSONAL.openid });
    const service = { ...orderNotification('n2', {}), order: null, payload };
    await handleNotification(ledger, wechat, service);
    await ledger.idle();

    const stored = await everythingIn(ledger.store);
    expect(stored).toContain(outOrderNo);
    expect(stored.length).toBeGreaterThan(40);
    for (const canary of CANARIES) {
      expect(stored.filter((value) => value.includes(canary))).toEqual([]);
    }
    // The scan would find it: only the data key prevents it.
    const intents = await ledger.store.db.selectFrom('intents').select('body').execute();
    const body = ledger.encryption.decrypt(intents[0]?.body ?? '', 'intent body').toString();
    expect(body).toContain(PERSONAL.attach);

    if (kind === 'SQLite') {
      const file = url.slice('sqlite:'.length);
      const bytes = Buffer.concat([await readFile(file), await readFile(`${file}-wal`)]);
      expect(CANARIES.filter((canary) => bytes.includes(canary))).toEqual([]);
      expect(bytes.includes(outOrderNo)).toBe(true);
    }
  });
});
