import { describe, expect, test } from 'vitest';
import { handleNotification } from '../../../src/orders/notifications/handle-notification.ts';
import { databases, startPostgresOnce, useDatabase } from '../../fixtures/ledger/databases.ts';
import { eventsOf, MCHID, orderNotification } from '../../fixtures/ledger/observations.ts';

const COPIES = 200;
const NOTICES = 60;

describe.each(databases)('many concurrent deliveries, on $name', ({ name, start }) => {
  const database = useDatabase(start);

  async function instances() {
    const url = await database.freshUrl();
    const one = await database.openLedger({ url });
    return [one, name === 'PostgreSQL' ? await database.openLedger({ url }) : one] as const;
  }

  test('200 concurrent deliveries of one notification leave one event and one row in the inbox', async () => {
    const ledgers = await instances();
    const notification = orderNotification('n1', { state: 'USER_ACCEPTED' });
    const outcomes = await Promise.all(
      Array.from({ length: COPIES }, (_, copy) =>
        handleNotification(ledgers[copy % 2 ? 1 : 0], { mchid: MCHID }, notification),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['applied']));
    expect(await eventsOf(ledgers[0])).toHaveLength(1);
    const inbox = await ledgers[1].store.db.selectFrom('notifications').select('id').execute();
    expect(inbox).toHaveLength(1);
  });

  test('concurrent deliveries under different ids leave one event, and all of them in the inbox', async () => {
    const ledgers = await instances();
    const outcomes = await Promise.all(
      Array.from({ length: NOTICES }, (_, copy) => {
        const notification = orderNotification(`n${copy}`, { state: 'USER_ACCEPTED' });
        return handleNotification(ledgers[copy % 2 ? 1 : 0], { mchid: MCHID }, notification);
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'nothing-new')).toHaveLength(NOTICES - 1);
    expect(await eventsOf(ledgers[1])).toHaveLength(1);
    const inbox = await ledgers[0].store.db.selectFrom('notifications').select('id').execute();
    expect(inbox).toHaveLength(NOTICES);
  });
});

describe('many concurrent deliveries, on a PostgreSQL with another default isolation level', () => {
  const database = useDatabase(startPostgresOnce);

  test.each([
    ['serializable', 'serializable'],
    ['repeatable read', 'repeatable%5C%20read'],
  ])(
    '200 concurrent notifications to two instances are stored once each with the default %s',
    async (_level, inUrl) => {
      const fresh = await database.freshUrl();
      const url = `${fresh}%20-c%20default_transaction_isolation%3D${inUrl}`;
      const [one, other] = await Promise.all([
        database.openLedger({ url }),
        database.openLedger({ url }),
      ]);
      const outcomes = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) => {
          const order = { outOrderNo: `N${copy}`, state: 'USER_ACCEPTED' };
          const notification = orderNotification(`n${copy}`, order);
          return handleNotification(copy % 2 ? one : other, { mchid: MCHID }, notification);
        }),
      );
      expect(new Set(outcomes)).toEqual(new Set(['applied']));
      expect(await eventsOf(one)).toHaveLength(COPIES);
    },
  );
});
