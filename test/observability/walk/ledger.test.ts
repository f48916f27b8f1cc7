import { sql } from 'kysely';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Engine } from '../../../src/ledger/engine/engine.ts';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { personal } from '../../fixtures/app/operation-lines.ts';
import { CREATE, QUERY } from '../../fixtures/graphql/documents.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { see, shownOrder } from '../../fixtures/ledger/observations.ts';
import { manualClock, openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../../fixtures/orders/reconcile.ts';
import { merchantOptions } from '../../fixtures/wechat/test-client.ts';
import { type Cause, walk } from './walk.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterAll(() => fixture.close());

/** Of a call whose job never ends. */
const TIMEOUT_MS = 600;
const LIST = '{ orderRecords(first: 1) { nodes { outOrderNo } } }';

/** A job of the ledger that fails as a full disk does, or never ends; the others are real. */
const failing =
  (job: string, how: 'fails' | 'hangs' = 'fails') =>
  (real: Engine): Engine => ({
    ...real,
    run: (name, ...rest) => {
      const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      const failed = () => (how === 'fails' ? Promise.reject(full) : new Promise(() => {}));
      return name === job ? failed() : real.run(name, ...rest);
    },
  });

/** A server before the sandbox, whose ledger is broken before it is used. */
function broken(
  engine: (real: Engine) => Engine,
  use: (server: AppWithClient, outOrderNo: string) => Promise<unknown>,
  timeoutMs?: number,
): Cause {
  return async () => {
    const wechat = merchantOptions(fixture.sandbox.credentials, { timeoutMs });
    const server = await createAppWithClient({ wechat, engine });
    await use(server, newOutOrderNo());
    await server.ledger.idle();
    await server.close();
    return server.log;
  };
}

const created = ({ run }: Pick<AppWithClient, 'run'>, outOrderNo: string) =>
  run(CREATE, { input: personal(outOrderNo) });

const closedAndOpen: Cause = async () => {
  const log = collectLog();
  const ledger = await openTestLedger({ log: log.log });
  const setReadOnly = (value: 0 | 1) =>
    sql`pragma query_only = ${sql.lit(value)}`.execute(ledger.store.db);
  await setReadOnly(1);
  await see(ledger).catch(() => {});
  await ledger.isWritable();
  await setReadOnly(0);
  await see(ledger);
  await ledger.close();
  return log;
};

walk('Ledger', {
  'the ledger cannot be written: not ready': closedAndOpen,
  'the ledger can be written again': closedAndOpen,
  'ledger timeout before a write was sent: nothing was sent': broken(
    failing('acquireIntent', 'hangs'),
    created,
    TIMEOUT_MS,
  ),
  'ledger failed before a write was sent: nothing was sent': broken(
    failing('acquireIntent'),
    created,
  ),
  'reading the ledger failed: the query was not answered': broken(
    failing('listOrders'),
    ({ run }) => run(LIST),
  ),
  'recording the write outcome failed; the reconciler will resolve it': broken(
    failing('finishIntent'),
    async (server, outOrderNo) => {
      await created(server, outOrderNo);
      await expect.poll(() => server.log.text()).toContain('recording the write outcome failed');
    },
  ),
  'recording an observation of an order failed': broken(
    failing('applyObservation'),
    async (server, outOrderNo) => {
      await created(fixture, outOrderNo);
      await server.run(QUERY, { by: { outOrderNo } });
      await expect.poll(() => server.log.text()).toContain('recording an observation');
    },
  ),
  'reading the event log failed, retrying': broken(failing('eventsAfter'), async (server, no) => {
    await created(server, no);
    await expect.poll(() => server.log.text()).toContain('reading the event log failed');
  }),
  'observation contradicts the ledger, not applied': async () => {
    const log = collectLog();
    const clock = manualClock();
    const ledger = await openTestLedger({ now: clock.now, log: log.log });
    await see(ledger);
    clock.advance(60_000);
    const wechat = queriesAnswering(() => shownOrder({ appid: 'wx2', state: 'USER_PAID' }));
    await lookOnce(wechat, ledger);
    await ledger.close();
    return log;
  },
});
