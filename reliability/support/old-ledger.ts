import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { migrate } from '../../src/ledger/database/migrations.ts';
import { sqliteDialect } from '../../src/ledger/database/sqlite/sqlite.ts';

/** The version of the tables of 0.1. */
export const VERSION_OF_0_1 = 2;
/** Encrypted bodies have about this many characters: a create without personal data. */
const BODY = 700;
/** The orders are of so many users. */
const USERS = 50_000;

/**
 * Makes a SQLite ledger as 0.1 has left it, with orders in all states and what belongs to them: by
 * the steps of 0.1, filled by SQL. The bodies are of the size of encrypted ones, and can't be decrypted.
 */
export async function makeOldLedger(path: string, orders: number): Promise<void> {
  const db = new Kysely<unknown>({ dialect: sqliteDialect(path) });
  await db
    .transaction()
    .execute((tx) =>
      migrate(tx, { kind: 'sqlite', log: { info: () => {} }, target: VERSION_OF_0_1 }),
    );
  await db.destroy();
  using database = new DatabaseSync(path);
  const sealed = (characters: number) => `hex(randomblob(${characters / 2}))`;
  const since = Date.now() - orders * 1_000;
  database.exec(`
    pragma synchronous = off;
    pragma cache_size = -262144;
    begin;
    create temp table n (i integer primary key, no text, owner text, state text, steps integer);
    insert into n
    with recursive all_n(i) as (select 1 union all select i + 1 from all_n where i < ${orders})
    select i, printf('L%012d', i), case when i % 10 then printf('%043d', i % ${USERS}) end,
      case when i % 20 = 0 then 'CREATED' when i % 20 = 1 then 'USER_ACCEPTED'
        when i % 20 in (2, 3) then 'FINISHED' when i % 20 = 4 then 'REVOKED'
        when i % 20 = 5 then 'EXPIRED' when i % 500 = 6 then 'UNKNOWN' else 'USER_PAID' end,
      case when i % 20 = 0 then 1 when i % 20 in (1, 4, 5) then 2 when i % 20 in (2, 3) then 3
        else 4 end
    from all_n;
    insert into orders (out_order_no, appid, service_id, state, state_raw, owner, risk_amount,
      total_amount, created_at, state_since, observed_at, last_event_id, check_at)
    select no, 'wx0000000000000001', '500001', state,
      case state when 'UNKNOWN' then 'PARTLY_PAID' else state end, owner, 10000,
      case when steps > 2 then 500 end, ${since} + i * 1000, ${since} + i * 1000,
      ${since} + i * 1000, i, case when steps < 4 then ${since} + i * 1000 end
    from n;
    insert into intents (id, operation, out_order_no, appid, service_id, digest, target, body,
      platform_serial, owner, status, created_at, sent_at, settled_at, check_at)
    select printf('m0abcdef-%08d-0000-4000-8000-000000000000', i), 'create', no,
      'wx0000000000000001', '500001', printf('%043d', i), '/v3/payscore/payafter-orders',
      ${sealed(BODY)}, 'PUB_KEY_ID_0', owner,
      case when i % 1000 = 20 then 'open' when i % 1000 = 40 then 'absent'
        when i % 1000 = 60 then 'refused' else 'done' end,
      ${since} + i * 1000, ${since} + i * 1000, ${since} + i * 1000,
      case when i % 1000 = 20 then ${since} + i * 1000 end
    from n;
    insert into intents (id, operation, out_order_no, appid, service_id, digest, target, body,
      platform_serial, owner, status, created_at, sent_at, settled_at, check_at)
    select printf('n0abcdef-%08d-0000-4000-8000-000000000000', i), 'complete', no,
      'wx0000000000000001', '500001', printf('%043d', i), '/v3/payscore/payafter-orders/complete',
      ${sealed(BODY / 2)}, 'PUB_KEY_ID_0', null, 'done', ${since} + i * 1000, ${since} + i * 1000,
      ${since} + i * 1000, null
    from n where steps > 2;
    insert into events (id, out_order_no, state, state_raw, previous_state, source, occurred_at,
      received_at)
    select row_number() over (order by i, step), no, state_of, state_of, before, 'MUTATION',
      ${since} + i * 1000 + step, ${since} + i * 1000 + step
    from n, (select 1 as step, 'CREATED' as state_of, null as before
      union all select 2, 'USER_ACCEPTED', 'CREATED' union all select 3, 'FINISHED', 'USER_ACCEPTED'
      union all select 4, 'USER_PAID', 'FINISHED')
    where step <= steps;
    insert into notices (id, event_type, out_order_no, outcome, reason, payload, received_at)
    select printf('%036d', i), 'PAYSCORE.USER_PAID', no, 'applied', null, ${sealed(BODY)},
      ${since} + i * 1000
    from n where steps > 2;
    drop table n;
    commit;
    pragma wal_checkpoint(truncate);
  `);
}
