import { vi } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { startReconciler } from '../../src/orders/reconciliation/reconciler.ts';
import type { PayAfterOrder, WechatPay } from '../../src/wechat/index.ts';

type Queries = Pick<WechatPay, 'queryPayAfterOrder'>;

/** Lets the reconcilers of these ledgers look once, at the same moment, and waits for it. */
export async function lookOnce(wechat: Queries, ...ledgers: readonly Ledger[]): Promise<void> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const reconcilers = ledgers.map((ledger) => startReconciler(ledger, wechat));
    vi.advanceTimersByTime(1_000);
    await Promise.all(reconcilers.map(({ close }) => close()));
  } finally {
    vi.useRealTimers();
  }
}

/** WeChat as far as queries go; remembers the numbers that it was asked for. */
export function queriesAnswering(
  answer: (outOrderNo: string) => PayAfterOrder | null | Promise<PayAfterOrder | null>,
): Queries & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    queryPayAfterOrder: async (query) => {
      const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : '';
      asked.push(outOrderNo);
      return await answer(outOrderNo);
    },
  };
}
