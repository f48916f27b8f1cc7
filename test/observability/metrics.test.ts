import { describe, expect, test } from 'vitest';
import { countedQuery, createMetrics } from '../../src/observability/metrics.ts';
import { createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  run,
  stubWechat,
} from '../fixtures/app/test-app.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { payAfterOrder } from '../fixtures/graphql/pay-after-order.ts';

const get = (app: ReturnType<typeof createTestApp>) => app.fetch(new Request('http://app/metrics'));
const lines = async (app: ReturnType<typeof createTestApp>, name: string) =>
  (await (await get(app)).text()).split('\n').filter((line) => line.startsWith(name));

describe('/metrics', () => {
  test('/metrics counts operations by root field and outcome, never by a value of the caller', async () => {
    const app = createTestApp({
      wechat: stubWechat({ queryPayAfterOrder: () => Promise.resolve(payAfterOrder()) }),
    });
    await run(app, 'query Canary { canary: payAfterOrder(by: { outOrderNo: "C1" }) { state } }');
    await run(app, '{ orderRecords(first: -1) { edges { cursor } } }');
    await run(app, '{ __schema { queryType { name } } }');
    await run(app, '{ nothing }');
    const input = orderInput({ riskAmount: 0 });
    await run(
      app,
      'mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) { __typename } }',
      { input },
    );
    expect(await lines(app, 'payafter_operation_seconds_count')).toEqual([
      'payafter_operation_seconds_count{operation="payAfterOrder",outcome="OK"} 1',
      'payafter_operation_seconds_count{operation="orderRecords",outcome="BAD_USER_INPUT"} 1',
      'payafter_operation_seconds_count{operation="introspection",outcome="OK"} 1',
      'payafter_operation_seconds_count{operation="createPayAfterOrder",outcome="INVALID_INPUT"} 1',
    ]);
    expect(await (await get(app)).text()).not.toMatch(/canary|C1/i);
  });

  test('/metrics counts open streams, refusals and notifications', async () => {
    const app = createTestApp();
    const query = 'subscription { orderEvents { id } }';
    const stream = await app.fetch(graphqlRequest({ query }, { accept: 'text/event-stream' }));
    const reader = stream.body?.getReader();
    await reader?.read();
    expect(await lines(app, 'payafter_streams_open')).toEqual(['payafter_streams_open 1']);
    await reader?.cancel();
    await expect
      .poll(() => lines(app, 'payafter_streams_open'))
      .toEqual(['payafter_streams_open 0']);
    await app.fetch(new Request('http://app/graphql', { method: 'POST', body: '{}' }));
    expect(await lines(app, 'payafter_refused')).toEqual([
      'payafter_refused_requests_total{status="415"} 1',
    ]);
    await app.fetch(new Request('http://app/wechat/notify', { method: 'POST', body: '{}' }));
    expect(await lines(app, 'payafter_notices_total')).toEqual([
      'payafter_notices_total{outcome="not-stored"} 1',
    ]);
    expect(await lines(app, 'payafter_queue_seconds_count')).toEqual([
      'payafter_queue_seconds_count 1',
    ]);
  });

  test('/metrics accepts only GET, from callers with metrics:read', async () => {
    const app = createTestApp();
    const posted = await app.fetch(new Request('http://app/metrics', { method: 'POST' }));
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
    const answer = await get(app);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  });
});

describe('metrics of the other modules', () => {
  test('metrics of attempts and the circuit breaker have few labels', async () => {
    const metrics = createMetrics({ ofProcess: false });
    metrics.attempt({ endpoint: 'create', kind: 'done', code: 'OK', ms: 120 });
    metrics.breaker('half-open');
    const text = await metrics.show();
    expect(text).toContain(
      'payafter_wechat_attempt_seconds_count{endpoint="create",kind="done",code="OK"} 1',
    );
    expect(text).toContain(
      'payafter_wechat_attempt_seconds_bucket{le="0.25",endpoint="create",kind="done",code="OK"} 1',
    );
    expect(text).toContain('payafter_wechat_breaker_state 1');
  });

  test('metrics of the reconciler count the results of its queries', async () => {
    const metrics = createMetrics({ ofProcess: false });
    const answers: (() => Promise<string | null>)[] = [
      () => Promise.resolve('order'),
      () => Promise.resolve(null),
      () => Promise.reject(new Error('down')),
    ];
    for (const query of answers) {
      await countedQuery(metrics, query)().catch(() => {});
    }
    const text = await metrics.show();
    for (const outcome of ['found', 'missing', 'failed']) {
      expect(text).toContain(`payafter_reconciler_calls_total{outcome="${outcome}"} 1`);
    }
  });

  test('metrics that the database counts are absent while it fails, and the others are not', async () => {
    const metrics = createMetrics({ ofProcess: false });
    let lag = () => Promise.resolve(1_500);
    metrics.followReconcilerLag(() => lag());
    metrics.countOpenIntents(() => Promise.reject(new Error('down')));
    metrics.breaker('open');
    const first = await metrics.show();
    expect(first).toContain('payafter_reconciler_lag_seconds 1.5');
    expect(first).toContain('payafter_wechat_breaker_state 2');
    expect(first).not.toMatch(/^payafter_intents_open/m);
    lag = () => Promise.reject(new Error('down'));
    expect(await metrics.show()).not.toMatch(/^payafter_reconciler_lag_seconds/m);
  });

  test('metrics of the process include the delay of the event loop', async () => {
    const text = await createMetrics({ ofProcess: true }).show();
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });
});

test('metrics count writes from their intent to their outcome', async () => {
  const steps: string[] = [];
  const ledger = { ...(await memoryLedger()), onIntent: (step: string) => steps.push(step) };
  const fixture = await createAppWithSandbox({ resources: { ledger } });
  const input = orderInput();
  await fixture.create(input);
  await fixture.create(input);
  expect(steps).toEqual(['begun', 'done', 'repeated', 'done']);
  await expect.poll(() => ledger.countOpenIntents()).toBe(0);
  await fixture.close();
  await ledger.close();
});
