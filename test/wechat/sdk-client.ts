import { afterAll, beforeAll } from 'vitest';
import type { WechatPay } from '../../src/wechat/index.ts';
import { type KeyPair, rsaKeys } from './keys.ts';
import {
  clientOf,
  ownAnswer,
  PUBLIC_KEY_ID,
  type Seen,
  startSdkUpstream,
  type Upstream,
} from './sdk-upstream.ts';

export interface SdkFixture {
  readonly wechatKey: KeyPair;
  readonly wechat: () => WechatPay;
  readonly upstream: () => Upstream;
  /** The one request that a call makes. */
  readonly sent: (call: () => Promise<unknown>) => Promise<Seen>;
}

/** One client of one upstream for the tests of a file; every call is answered well. */
export function sdkFixture(): SdkFixture {
  const merchant = rsaKeys();
  const wechatKey = rsaKeys();
  const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
  let running: { readonly upstream: Upstream; readonly wechat: WechatPay } | undefined;
  const started = () => {
    if (running === undefined) {
      throw new Error('the upstream runs from beforeAll to afterAll');
    }
    return running;
  };

  beforeAll(async () => {
    const upstream = await startSdkUpstream(merchant.publicPem, signers, (request) => ({
      body: ownAnswer(request),
    }));
    running = { upstream, wechat: clientOf(upstream.url, merchant, wechatKey) };
  });
  afterAll(async () => {
    await running?.wechat.close();
    await running?.upstream[Symbol.asyncDispose]();
  });

  return {
    wechatKey,
    wechat: () => started().wechat,
    upstream: () => started().upstream,
    sent: async (call) => {
      const { seen } = started().upstream;
      const before = seen.length;
      await call();
      const [request, ...others] = seen.slice(before);
      if (request === undefined || others.length > 0) {
        throw new Error(`${seen.length - before} requests were made where one was expected`);
      }
      return request;
    },
  };
}
