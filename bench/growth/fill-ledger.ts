import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/ledger/database/open-store.ts';
import { ledgerFile } from '../server-environment.ts';
import { APPID, SERVICE_ID } from '../work/merchant.ts';

/** The orders were created at this rate, the last one just now. */
const EACH_MS = 1_000;

/**
 * Creates a ledger of paid orders: the server's own tables, filled by SQL.
 * @param rows of `orders`, `intents` and `events` each
 */
export async function fillLedger(directory: string, rows: number): Promise<void> {
  const file = ledgerFile(directory);
  const store = await openStore(`sqlite:${file}`);
  await store.close();
  using database = new DatabaseSync(file);
  const since = Date.now() - rows * EACH_MS;
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`;
  const at = `${since} + i * ${EACH_MS}`;
  const no = "printf('L%012d', i)";
  database.exec(`
    pragma synchronous = off;
    begin;
    ${numbers}
    insert into orders (product, out_order_no, appid, service_id, status, state_raw, risk_amount,
      total_amount, paid_amount, created_at, status_since, observed_at, last_event_id)
    select 'PAY_AFTER', ${no}, '${APPID}', '${SERVICE_ID}', 'PAID', 'USER_PAID', 10000,
      500, 500, ${at}, ${at}, ${at}, i from n;
    ${numbers}
    insert into intents (id, operation, product, out_order_no, appid, service_id, digest, target,
      body, platform_serial, status, lease, attempts, outcome, created_at, sent_at, finished_at)
    select printf('%032d', i), 'create', 'PAY_AFTER', ${no}, '${APPID}', '${SERVICE_ID}',
      printf('%043d', i), '/v3/payscore/payafter-orders', printf('%064d', i), 'PUB_KEY_ID_0', 'done',
      2, 1, 'took-effect', ${at}, ${at}, ${at} from n;
    ${numbers}
    insert into events (id, type, product, out_order_no, status, state_raw, source, occurred_at,
      received_at)
    select i, 'STATUS_CHANGED', 'PAY_AFTER', ${no}, 'PAID', 'USER_PAID', 'MUTATION', ${at}, ${at}
    from n;
    commit;
    pragma wal_checkpoint(truncate);
  `);
}
