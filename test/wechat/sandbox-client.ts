import { afterAll, afterEach, beforeAll } from 'vitest';
import type { SandboxCall } from '../../src/sandbox/http/call-log.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createWechatPay, type WechatPay, type WechatPayOptions } from '../../src/wechat/index.ts';

export interface SandboxFixture {
  readonly client: (changes?: Partial<WechatPayOptions>) => WechatPay;
  /** Has calls go wrong until the test is over. */
  readonly inject: (...faults: readonly object[]) => Promise<void>;
  /** The calls that the sandbox has seen since the test began, in the order of their answers. */
  readonly calls: (kind?: SandboxCall['kind']) => readonly SandboxCall[];
}

/** One sandbox for the tests of a file, without faults at the start of each. */
export function sandboxFixture(): SandboxFixture {
  let calls: readonly SandboxCall[] = [];
  let sandbox: Sandbox | undefined;
  const started = () => {
    if (sandbox === undefined) {
      throw new Error('the sandbox runs from beforeAll to afterAll');
    }
    return sandbox;
  };
  const control = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${started().url}/sandbox/${path}`, init);
    if (!response.ok) {
      throw new Error(await response.text());
    }
  };

  beforeAll(async () => {
    const onCall = (call: SandboxCall) => {
      calls = [...calls, call];
    };
    // The harsher of the two: personal data that was encrypted again makes another order of it.
    sandbox = await startSandbox({ onCall, rules: { reencryptedFieldsDiffer: true } });
  });
  afterEach(async () => {
    await control('DELETE', 'faults');
    calls = [];
  });
  afterAll(() => sandbox?.close());

  return {
    client: (changes = {}) => {
      const { credentials } = started();
      return createWechatPay({
        mchid: credentials.WECHAT_MCHID,
        merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
        merchantKey: credentials.WECHAT_MERCHANT_KEY,
        publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
        publicKey: credentials.WECHAT_PUBLIC_KEY,
        baseUrl: credentials.WECHAT_BASE_URL,
        ...changes,
      });
    },
    inject: (...faults) => control('POST', 'faults', faults),
    calls: (kind) => calls.filter((call) => kind === undefined || call.kind === kind),
  };
}

/** What answers a call so that it can't be trusted. */
export const UNTRUSTED_FAULTS = [
  'unsigned',
  'wrong-signature',
  'other-body',
  'stale',
  'future',
  'probe',
  'unknown-serial',
] as const;

/** Enough for two attempts and the back-off between them; never for a third. */
export const TWO_ATTEMPTS_MS = 600;

/** What a call was rejected with. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call went well');
}
