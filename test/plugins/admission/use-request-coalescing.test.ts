import { type ExecutionResult, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createRequestCoalescing } from '../../../src/plugins/admission/use-request-coalescing.ts';
import { type AppWithClient, createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { as, caller, knowing } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const QUERY = parse('query Order($n: ID!) { payAfterOrder(by: { outOrderNo: $n }) { state } }');
const OTHER = parse('query Order($n: ID!) { payAfterOrder(by: { outOrderNo: $n }) { attach } }');
const SHOP = caller(['orders:any', 'orders:read']);

/** The outcomes of the lines of the log. */
let logged: string[] = [];

/** A query of now, but for what the test changes, and how long its reads stay fresh. */
function query(
  changes: Partial<Parameters<ReturnType<typeof createRequestCoalescing>>[0]> = {},
  context: {
    readonly by?: typeof SHOP;
    readonly cameMs?: number;
    readonly freshUntilMs?: number;
    readonly signal?: AbortSignal;
  } = {},
) {
  const {
    by = SHOP,
    cameMs = performance.now(),
    freshUntilMs = Number.POSITIVE_INFINITY,
  } = context;
  return {
    document: QUERY,
    operationName: 'Order',
    variableValues: { n: 'N1' },
    contextValue: {
      caller: by,
      cameMs,
      freshUntilMs: () => freshUntilMs,
      onCall: (call: { readonly outcome: string }) => logged.push(call.outcome),
      outcome: { failures: [] },
      signal: context.signal,
    },
    ...changes,
  };
}

describe('request coalescing', () => {
  let coalesce: ReturnType<typeof createRequestCoalescing>;
  let pending: PromiseWithResolvers<ExecutionResult>[];
  const execute = () => {
    const execution = Promise.withResolvers<ExecutionResult>();
    pending.push(execution);
    return execution.promise;
  };
  const run = (...of: Parameters<typeof query>) => coalesce(query(...of), execute);
  const result = (state: string) => ({ data: { payAfterOrder: { state } } });
  const end = (nth: number, state: string) => pending[nth]?.resolve(result(state));
  beforeEach(() => {
    coalesce = createRequestCoalescing();
    pending = [];
    logged = [];
  });

  test('identical queries that have arrived share one execution', async () => {
    const cameMs = performance.now();
    const all = [run({}, { cameMs }), run({}, { cameMs }), run({}, { cameMs })];
    expect(pending).toHaveLength(1);
    end(0, 'CREATED');
    expect(await Promise.all(all)).toEqual(Array(3).fill(result('CREATED')));
  });

  test('a query that arrives after an execution began, or after it ended, has one of its own', async () => {
    const first = run();
    const later = run({}, { cameMs: performance.now() + 1 });
    expect(pending).toHaveLength(2);
    end(0, 'CREATED');
    end(1, 'ACCEPTED');
    expect(await Promise.all([first, later])).toEqual([result('CREATED'), result('ACCEPTED')]);
    const cameMs = performance.now();
    void run({}, { cameMs });
    expect(pending).toHaveLength(3);
  });

  test.each([
    ['of another caller', {}, { by: caller(['orders:any']) }],
    ['of another document', { document: OTHER }, {}],
    ['with other variables', { variableValues: { n: 'N2' } }, {}],
    ['with another operation name', { operationName: 'Other' }, {}],
  ])('a query %s is executed by itself', (_, changes, context) => {
    const cameMs = performance.now();
    void run({}, { cameMs });
    void run(changes, { ...context, cameMs });
    expect(pending).toHaveLength(2);
  });

  test('a query whose arrival is not known is executed by itself', () => {
    void run();
    const { contextValue, ...rest } = query();
    void coalesce({ ...rest, contextValue: { ...contextValue, cameMs: undefined } }, execute);
    expect(pending).toHaveLength(2);
  });

  test('what was read at WeChat Pay before a query arrived is not for it', async () => {
    const cameMs = performance.now();
    const all = [run({}, { cameMs: cameMs - 5, freshUntilMs: cameMs }), run({}, { cameMs })];
    end(0, 'CREATED');
    await vi.waitFor(() => expect(pending).toHaveLength(2));
    end(1, 'ACCEPTED');
    expect(await Promise.all(all)).toEqual([result('CREATED'), result('ACCEPTED')]);
  });

  test('a query is executed by itself if the client of the one it shared has left', async () => {
    const leaving = new AbortController();
    const cameMs = performance.now();
    const all = [run({}, { cameMs, signal: leaving.signal }), run({}, { cameMs })];
    leaving.abort();
    end(0, 'UNKNOWN');
    await vi.waitFor(() => expect(pending).toHaveLength(2));
    end(1, 'ACCEPTED');
    expect((await Promise.all(all))[1]).toEqual(result('ACCEPTED'));
  });

  test('a call that has failed is a line of the log for each query that shares it', async () => {
    const cameMs = performance.now();
    const operations = [query({}, { cameMs }), query({}, { cameMs })];
    const all = operations.map((operation) => coalesce(operation, execute));
    const call = { operation: 'payAfterOrder', outOrderNo: 'N1', ms: 1, facts: {} };
    const failures = [{ ...call, outcome: 'WECHAT_UNAVAILABLE' }];
    Object.assign(operations[0]?.contextValue.outcome ?? {}, { failures });
    end(0, 'UNKNOWN');
    await Promise.all(all);
    expect(logged).toEqual(['WECHAT_UNAVAILABLE']);
    expect(operations[1]?.contextValue.outcome.failures).toEqual(failures);
  });

  test('a failure is a failure of all that share it, and of no later one', async () => {
    const cameMs = performance.now();
    const all = [run({}, { cameMs }), run({}, { cameMs })];
    pending[0]?.reject(new Error('broken'));
    const ended = await Promise.allSettled(all);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void run({}, { cameMs });
    expect(pending).toHaveLength(2);
  });
});

describe('the app', () => {
  let fixture: AppWithClient;
  let read: Mock<Ledger['listOrders']>;
  beforeEach(async () => {
    const authenticator = knowing({ one: SHOP, other: caller(['orders:any', 'orders:read']) });
    fixture = await createAppWithClient({
      wechat: notificationOptions(),
      resources: { authenticator },
      ledger: (real) => {
        read = vi.fn(real.listOrders);
        return { ...real, listOrders: read };
      },
    });
  });
  afterEach(() => fixture.close());
  const RECORDS = '{ orderRecords { edges { cursor } } }';

  test('concurrent identical queries of one API key are one read of the ledger, each with its headers', async () => {
    const ask = (who: string) => fixture.app.fetch(graphqlRequest({ query: RECORDS }, as(who)));
    const responses = await Promise.all(['one', 'one', 'one', 'other'].map(ask));
    const ids = new Set(responses.map(({ headers }) => headers.get('x-request-id')));
    expect([read.mock.calls.length, ids.size]).toEqual([2, 4]);
  });
});
