import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { OrderProduct } from '../../../src/domain/order-state.ts';
import { createSharedQueries } from '../../../src/orders/queries/shared-queries.ts';
import { createObservationFilter } from '../../../src/orders/state/observation.ts';
import type { PayAfterOrder } from '../../../src/wechat/index.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  run,
  stubWechat,
} from '../../fixtures/app/test-app.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';
import { see } from '../../fixtures/ledger/observations.ts';

const ids = { appid: 'wx1', serviceId: '500001' };
const A = { ...ids, outOrderNo: 'A' };

/** A WeChat Pay whose queries wait until the test answers them, in the order in which they came. */
function heldWechat() {
  const calls: {
    readonly answer: (order: PayAfterOrder | null) => void;
    readonly fail: (error: unknown) => void;
    readonly signal: AbortSignal | undefined;
  }[] = [];
  const queryPayAfterOrder = (_: unknown, options?: { signal?: AbortSignal | undefined }) =>
    new Promise<PayAfterOrder | null>((answer, fail) => {
      const signal = options?.signal;
      signal?.addEventListener('abort', () => fail(signal.reason));
      calls.push({ answer, fail, signal });
    });
  return { calls, wechat: { queryPayAfterOrder } };
}

async function shared(keepMs = 0) {
  const { calls, wechat } = heldWechat();
  const ledger = await memoryLedger();
  const queries = createObservationFilter(ledger);
  const { payAfterOrders } = createSharedQueries({
    wechat: stubWechat(wechat),
    queries,
    bus: ledger.bus,
    keepMs,
  });
  return { calls, ledger, ...payAfterOrders };
}

const order = (state: string) => payAfterOrder({ outOrderNo: 'A', state });
const none = undefined;

describe('concurrent queries for the same order', () => {
  test('concurrent queries for the same order share one call', async () => {
    const { calls, ask } = await shared();
    const answers = [ask(A, none), ask({ ...A }, none)];
    calls[0]?.answer(order('CREATED'));
    expect(await Promise.all(answers)).toEqual([order('CREATED'), order('CREATED')]);
    expect(calls).toHaveLength(1);
  });

  test('concurrent queries with another appid, service, number or kind of number do not share a call', async () => {
    const { calls, ask } = await shared();
    for (const query of [
      A,
      { ...A, appid: 'wx2' },
      { ...A, serviceId: '2' },
      { ...A, outOrderNo: 'B' },
      { ...ids, queryId: 'A' },
    ]) {
      void ask(query, none);
    }
    expect(calls).toHaveLength(5);
  });

  test('concurrent queries for the same order share a failure; later callers query again', async () => {
    const { calls, ask } = await shared(10_000);
    const answers = Promise.allSettled([ask(A, none), ask(A, none)]);
    calls[0]?.fail(new Error('down'));
    expect(await answers).toMatchObject([{ reason: { message: 'down' } }, { status: 'rejected' }]);
    void ask(A, none);
    expect(calls).toHaveLength(2);
  });

  test('a shared query does not fail if one caller leaves', async () => {
    const { calls, ask } = await shared();
    const leaver = new AbortController();
    const left = ask(A, leaver.signal);
    const stayed = ask(A, new AbortController().signal);
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(calls[0]?.signal?.aborted).toBe(false);
    calls[0]?.answer(order('CREATED'));
    expect(await stayed).toEqual(order('CREATED'));
  });

  test('a shared query ends when the last caller has left', async () => {
    const { calls, ask } = await shared();
    const leavers = [new AbortController(), new AbortController()];
    const left = Promise.allSettled(leavers.map(({ signal }) => ask(A, signal)));
    leavers.map((leaver) => leaver.abort(new Error('gone')));
    expect(calls[0]?.signal?.aborted).toBe(true);
    void ask(A, none);
    expect(calls).toHaveLength(2);
    expect(await left).toMatchObject([{ reason: { message: 'gone' } }, { status: 'rejected' }]);
  });

  test('a query of a caller that has already left is not sent', async () => {
    const { calls, ask } = await shared();
    await expect(ask(A, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(calls).toEqual([]);
  });
});

describe('a caller that is queued while a response arrives', () => {
  test('a caller that was queued before a response gets it, and no caller that came after it', async () => {
    const { calls, ask } = await shared();
    const first = ask(A, none);
    const cameMs = performance.now();
    calls[0]?.answer(order('CREATED'));
    await first;
    expect(await ask(A, none, cameMs)).toEqual(order('CREATED'));
    expect(calls).toHaveLength(1);
    void ask(A, none, performance.now());
    expect(calls).toHaveLength(2);
  });

  test('a queued caller gets no response from before a write', async () => {
    const { calls, ask, forget } = await shared();
    const first = ask(A, none);
    const cameMs = performance.now();
    calls[0]?.answer(order('CREATED'));
    await first;
    forget('A');
    void ask(A, none, cameMs);
    expect(calls).toHaveLength(2);
  });

  test('a queued caller queries again after a failure', async () => {
    const { calls, ask } = await shared();
    const first = ask(A, none);
    const cameMs = performance.now();
    calls[0]?.fail(new Error('down'));
    await expect(first).rejects.toThrow('down');
    void ask(A, none, cameMs);
    expect(calls).toHaveLength(2);
  });

  test('the time of arrival of a request decides whether its caller was queued', async () => {
    let calls = 0;
    const queryPayAfterOrder = () => {
      calls += 1;
      return Promise.resolve(order('CREATED'));
    };
    const app = createTestApp({ wechat: stubWechat({ queryPayAfterOrder }) });
    const poll = () => run(app, 'query { payAfterOrder(by: { outOrderNo: "A" }) { state } }');
    await poll();
    calls = 0;
    // They begin two at a time: the answer is there before most of them have begun.
    await Promise.all(Array.from({ length: 8 }, poll));
    expect(calls).toBe(1);
  });
});

describe('an answer', () => {
  const answered = async (keepMs: number, answer: PayAfterOrder | null = order('CREATED')) => {
    const coalescing = await shared(keepMs);
    const first = coalescing.ask(A, none);
    coalescing.calls[0]?.answer(answer);
    await first;
    return coalescing;
  };

  test('a response is not cached by default', async () => {
    const { calls, ask } = await answered(0);
    void ask(A, none);
    expect(calls).toHaveLength(2);
  });

  test('a response is cached for the configured time, and no longer', async () => {
    const { calls, ask } = await answered(200);
    expect(await ask(A, none)).toEqual(order('CREATED'));
    expect(calls).toHaveLength(1);
    await sleep(220);
    void ask(A, none);
    expect(calls).toHaveLength(2);
  });

  test('a missing order is never cached', async () => {
    const { calls, ask } = await answered(10_000, null);
    void ask(A, none);
    expect(calls).toHaveLength(2);
  });

  test('an event of an order drops its cached response, and not that of the other product under its number', async () => {
    const { calls, ask, ledger } = await answered(10_000);
    const revoked = async (product: OrderProduct) => {
      const heard = new Promise<void>((resolve) => {
        const leave = ledger.bus.subscribe((event) => {
          if (event.product === product && event.stateRaw === 'REVOKED') {
            leave();
            resolve();
          }
        });
      });
      const { appid, serviceId, outOrderNo } = order('CREATED');
      await see(ledger, { appid, serviceId, outOrderNo, product, state: 'REVOKED' });
      await heard;
    };
    await revoked('SERVICE_ORDER');
    await ask(A, none);
    expect(calls).toHaveLength(1);
    await revoked('PAY_AFTER');
    void ask(A, none);
    expect(calls).toHaveLength(2);
  });

  test.each(['A', 'another'])(
    'a response by queryId is not cached beyond a write to %s',
    async (written) => {
      const { calls, ask, forget } = await shared(10_000);
      const byId = { ...ids, queryId: 'q' };
      const first = ask(byId, none);
      calls[0]?.answer(order('CREATED'));
      await first;
      forget(written);
      void ask(byId, none);
      expect(calls).toHaveLength(2);
    },
  );
});

describe('after a write', () => {
  test('after a write no caller gets the result of an earlier query, cached or in progress', async () => {
    const { calls, ask, forget } = await shared(10_000);
    const before = ask(A, none);
    forget('A');
    const after = ask(A, none);
    calls[1]?.answer(order('REVOKED'));
    expect(await after).toEqual(order('REVOKED'));
    calls[0]?.answer(order('CREATED'));
    expect(await before).toEqual(order('CREATED'));
    expect(await ask(A, none)).toEqual(order('REVOKED'));
    expect(calls).toHaveLength(2);
  });

  test('after a write to another order, an order is still shared', async () => {
    const { calls, ask, forget } = await shared();
    void ask(A, none);
    forget('B');
    void ask(A, none);
    expect(calls).toHaveLength(1);
  });

  test('after a write through this server, a query starts a new request', async () => {
    const { calls, wechat } = heldWechat();
    const cancelPayAfterOrder = () =>
      Promise.resolve({ ...ids, mchid: '1', outOrderNo: 'A', orderId: null });
    const app = createTestApp({ wechat: stubWechat({ ...wechat, cancelPayAfterOrder }) });
    const query = '{ payAfterOrder(by: { outOrderNo: "A" }) { stateRaw } }';
    const before = run(app, query);
    await expect.poll(() => calls.length).toBe(1);
    const canceled = await run(
      app,
      'mutation { cancelPayAfterOrder(input: { outOrderNo: "A", reason: "x" }) { __typename } }',
    );
    expect(at(canceled, 'data', 'cancelPayAfterOrder', '__typename')).toMatch(/Payload$/);
    const after = run(app, query);
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.answer(order('REVOKED'));
    calls[0]?.answer(order('CREATED'));
    expect(at(await after, 'data', 'payAfterOrder', 'stateRaw')).toBe('REVOKED');
    expect(at(await before, 'data', 'payAfterOrder', 'stateRaw')).toBe('CREATED');
  });
});

test('64 concurrent pollers of one order cause at most 2 % of the calls to WeChat Pay', async () => {
  const { calls, wechat } = heldWechat();
  // What other tests have seen of the order must not end the sharing here.
  const ledger = await memoryLedger();
  const app = createTestApp({ wechat: stubWechat(wechat), ledger });
  const body = { query: '{ payAfterOrder(by: { outOrderNo: "A" }) { stateRaw } }' };
  const answers = Promise.all(
    Array.from({ length: 64 }, async () => {
      const response = await app.fetch(graphqlRequest(body));
      return `${response.status} ${await response.text()}`;
    }),
  );
  // A caller that arrives later makes its own call.
  await sleep(2_000);
  const answering = setInterval(() => {
    for (const call of calls) {
      call.answer(order('CREATED'));
    }
  }, 50);
  expect(new Set(await answers)).toEqual(
    new Set(['200 {"data":{"payAfterOrder":{"stateRaw":"CREATED"}}}']),
  );
  clearInterval(answering);
  expect(calls.length / 64).toBeLessThanOrEqual(0.02);
  await ledger.close();
});
