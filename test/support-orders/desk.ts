import { randomBytes } from 'node:crypto';
import { ALL_ORDERS } from '../../src/domain/visibility.ts';
import type { OrderServices } from '../../src/orders/commands/services.ts';
import type { SandboxCall } from '../../src/sandbox/http/call-log.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import {
  type CreatePayAfterOrderRequest,
  createWechatPay,
  type WechatPay,
} from '../../src/wechat/index.ts';
import { openTestLedger, type TestLedger, type TestLedgerOptions } from './ledger.ts';

/** The sandbox as WeChat Pay, and a client for its merchant. */
export interface Upstream {
  readonly sandbox: Sandbox;
  readonly wechat: WechatPay;
  readonly ids: { readonly appid: string; readonly serviceId: string };
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly fault: (fault: object) => Promise<unknown>;
  /** The calls of one kind, in the order of arrival. */
  readonly calls: (kind: SandboxCall['kind']) => readonly SandboxCall[];
  readonly close: () => Promise<void>;
}

export async function startUpstream(options: SandboxOptions = {}): Promise<Upstream> {
  const calls: SandboxCall[] = [];
  const sandbox = await startSandbox({
    rules: { payDelaySeconds: null },
    ...options,
    onCall: (call) => calls.push(call),
  });
  const { credentials } = sandbox;
  const wechat = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
    publicKey: credentials.WECHAT_PUBLIC_KEY,
    apiv3Key: credentials.WECHAT_APIV3_KEY,
    baseUrl: credentials.WECHAT_BASE_URL,
    timeoutMs: 10_000,
  });
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  };
  return {
    sandbox,
    wechat,
    ids: { appid: credentials.WECHAT_APPID, serviceId: credentials.WECHAT_SERVICE_ID },
    control,
    fault: (fault) => control('POST', 'faults', fault),
    calls: (kind) => calls.filter((call) => call.kind === kind),
    close: async () => {
      await wechat.close();
      await sandbox.close();
    },
  };
}

export interface TestDesk extends OrderServices {
  readonly ledger: TestLedger;
}

/** A ledger with WeChat Pay upstream. */
export async function openDesk(
  { wechat }: Pick<Upstream, 'wechat'>,
  options: TestLedgerOptions = {},
): Promise<TestDesk> {
  return {
    wechat,
    inputRules: 'all',
    visibility: ALL_ORDERS,
    ledger: await openTestLedger(options),
  };
}

/** An order that every rule lets pass, under a number of its own. */
export function orderInput(
  { ids }: Pick<Upstream, 'ids'>,
  changes: Partial<CreatePayAfterOrderRequest> = {},
): CreatePayAfterOrderRequest {
  return {
    ...ids,
    outOrderNo: `T${randomBytes(8).toString('hex')}`,
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '北京西站',
    serviceIntroduction: '充电宝租借',
    riskAmount: 9_900,
    fees: [{ feeName: '租金', feeAmount: 300, feeDesc: '每小时3元', feeCount: 1 }],
    ...changes,
  };
}
