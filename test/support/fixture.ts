import type { AppParts } from '../../src/app.ts';
import type { CallKind, SandboxCall } from '../../src/sandbox/http/call-log.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { createWechatPay } from '../../src/wechat/index.ts';
import { createMerchant } from '../sandbox/merchant.ts';
import { makeApp, memoryLedger, run } from './app.ts';
import { CREATE, QUERY } from './documents.ts';
import { at, type JsonObject, parsed } from './json.ts';

export interface FixtureOptions {
  readonly timeoutMs?: number;
  readonly rules?: SandboxOptions['rules'];
  readonly resources?: Partial<AppParts>;
}

/** The application over its fetch handler, with the real client before a real sandbox over HTTP. */
export async function createFixture({ timeoutMs, rules, resources }: FixtureOptions = {}) {
  let calls: readonly SandboxCall[] = [];
  const sandbox = await startSandbox({
    ...(rules && { rules }),
    onCall: (call) => {
      calls = [...calls, call];
    },
  });
  const { credentials } = sandbox;
  const wechat = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
    publicKey: credentials.WECHAT_PUBLIC_KEY,
    baseUrl: credentials.WECHAT_BASE_URL,
    timeoutMs,
    // These tests fail call after call, to see what each one does.
    resilience: { breakerAttempts: Number.POSITIVE_INFINITY, maxRetries: Number.POSITIVE_INFINITY },
  });
  const defaults = { appid: credentials.WECHAT_APPID, serviceId: credentials.WECHAT_SERVICE_ID };
  const ledger = await memoryLedger();
  const app = makeApp({ wechat, defaults, ledger, ...resources });
  const merchant = createMerchant(credentials);
  const execute = (query: string, variables?: JsonObject) => run(app, query, variables);
  return {
    app,
    sandbox,
    /** Signs and calls the sandbox past the application; also its controls. */
    merchant,
    log: app.log,
    /** The calls that have been answered, or cut off, since the last reset. */
    calls: (kind?: CallKind) => calls.filter((call) => kind === undefined || call.kind === kind),
    run: execute,
    /** What came of createPayAfterOrder. */
    create: async (input: JsonObject) =>
      at(await execute(CREATE, { input }), 'data', 'createPayAfterOrder'),
    /** What payAfterOrder shows. */
    order: async (by: JsonObject) => at(await execute(QUERY, { by }), 'data', 'payAfterOrder'),
    /** The order as WeChat has it, personal data decrypted. */
    stored: async (outOrderNo: unknown) => {
      const { text } = await merchant.control('GET', '/sandbox/orders');
      const orders = parsed(text);
      const all: readonly unknown[] = Array.isArray(orders) ? orders : [];
      return all.find((order) => at(order, 'out_order_no') === outOrderNo);
    },
    inject: (fault: JsonObject) => merchant.control('POST', '/sandbox/faults', fault),
    reset: async () => {
      await merchant.control('DELETE', '/sandbox/faults');
      calls = [];
      app.log.clear();
    },
    close: async () => {
      await app.dispose();
      await sandbox.close();
      await wechat.close();
      await ledger.close();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof createFixture>>;
