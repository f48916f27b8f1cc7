import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { start } from '../../../src/start.ts';
import { type CollectedLog, collectLog } from '../../fixtures/app/log-lines.ts';
import { personal } from '../../fixtures/app/operation-lines.ts';
import { CREATE, QUERY } from '../../fixtures/graphql/documents.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import type { JsonObject } from '../../fixtures/json.ts';
import { acquire } from '../../fixtures/ledger/intended.ts';
import { see, shownOrder } from '../../fixtures/ledger/observations.ts';
import { manualClock, openTestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { lookOnce, queriesAnswering } from '../../fixtures/orders/reconcile.ts';
import { createMerchant } from '../../fixtures/sandbox/merchant.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { MCHID, MERCHANT_SERIAL } from '../../fixtures/wechat/orders.ts';
import { answerTo, PUBLIC_KEY_ID, startSdkUpstream } from '../../fixtures/wechat/sdk-upstream.ts';
import { type Cause, walk } from './walk.ts';

const MINUTE = 60_000;
const merchant = rsaKeys();
const wechatKey = rsaKeys();

/** A whole server in this process; what it logs. */
interface Running {
  readonly log: CollectedLog;
  readonly run: (query: string, variables: JsonObject) => Promise<unknown>;
}

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) {
    await close();
  }
});

async function started(env: Parameters<typeof start>[0]['env']): Promise<Running> {
  const log = collectLog();
  const server = await start({
    env: { DATABASE_URL: 'sqlite::memory:', PORT: '0', ...env },
    log: log.log,
    requests: createRequestIds(),
    hangups: { onHangup: () => {} },
  });
  closing.push(() => server.close(5_000));
  const run = async (query: string, variables: JsonObject) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    return await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).json();
  };
  return { log, run };
}

let beforeSandbox: Running;
let fault: (fault: JsonObject | undefined) => Promise<unknown>;
let beforeUpstream: Running;
beforeAll(async () => {
  const sandbox = await startTestSandbox();
  closing.push(() => sandbox.close());
  const { control } = createMerchant(sandbox.credentials);
  fault = async (one) => {
    await control('DELETE', '/sandbox/faults');
    return one && (await control('POST', '/sandbox/faults', { times: null, ...one }));
  };
  beforeSandbox = await started({ ...sandbox.credentials });
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  const upstream = await startSdkUpstream(merchant.publicPem, signers, ({ target }) => ({
    // A state and a type that no document has.
    body: answerTo(new URL(target, 'http://wechat').searchParams.get('out_order_no') ?? '', {
      state: 'SOMETHING_NEW',
      risk_amount: { of: 'another type' },
    }),
  }));
  closing.push(async () => await upstream[Symbol.asyncDispose]());
  beforeUpstream = await started({
    WECHAT_MCHID: MCHID,
    WECHAT_MERCHANT_SERIAL: MERCHANT_SERIAL,
    WECHAT_MERCHANT_KEY: merchant.privatePem,
    WECHAT_PUBLIC_KEY_ID: PUBLIC_KEY_ID,
    WECHAT_PUBLIC_KEY: wechatKey.publicPem,
    WECHAT_APPID: 'wxd678efh567hg6787',
    WECHAT_SERVICE_ID: '500001',
    WECHAT_BASE_URL: upstream.url,
    ALLOW_UNAUTHENTICATED: 'true',
  });
});
beforeEach(async () => {
  await fault(undefined);
});

const queried: Cause = async (again) => {
  const outOrderNo = newOutOrderNo();
  await again(() => beforeUpstream.run(QUERY, { by: { outOrderNo } }));
  return beforeUpstream.log;
};

/** A ledger a minute after it has seen an order, and has sent a write that had no answer. */
async function due(what: 'order' | 'write', answer: Parameters<typeof queriesAnswering>[0]) {
  const log = collectLog();
  const clock = manualClock();
  const ledger = await openTestLedger({ now: clock.now, log: log.log });
  await (what === 'order' ? see(ledger) : acquire(ledger));
  clock.advance(MINUTE);
  await lookOnce(queriesAnswering(answer), ledger);
  await ledger.close();
  return log;
}

const failed = () => Promise.reject(new Error('no answer'));

walk('Calls to WeChat Pay', {
  'WeChat Pay refusal without a valid signature, a query decides: check proxies and keys':
    async () => {
      await fault({
        on: 'create',
        fault: 'status',
        status: 403,
        code: 'NO_AUTH',
        signature: 'none',
      });
      await beforeSandbox.run(CREATE, { input: personal(newOutOrderNo()) });
      return beforeSandbox.log;
    },
  'circuit breaker state changed': async () => {
    const { log, run } = beforeSandbox;
    await fault({ on: 'any', fault: 'status', status: 500 });
    const numbers = Array.from({ length: 20 }, newOutOrderNo);
    await Promise.all(numbers.map((outOrderNo) => run(QUERY, { by: { outOrderNo } })));
    return log;
  },
  'unreadable field in a WeChat Pay response': queried,
  'unknown enum value from WeChat Pay': queried,
  'reconciliation query failed, will retry': () => due('write', failed),
  'reconciled a write of unknown outcome': () => due('write', () => shownOrder()),
  'WeChat Pay has no such order: it stays as recorded': () => due('order', () => null),
  'claiming the work of the reconciler failed, will retry': async () => {
    const log = collectLog();
    const ledger = await openTestLedger({ log: log.log });
    const claimDue = () => Promise.reject(new Error('the database is away'));
    await lookOnce(queriesAnswering(failed), { ...ledger, claimDue });
    await ledger.close();
    return log;
  },
});
