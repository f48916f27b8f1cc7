import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BREAKER = { closed: 0, 'half-open': 1, open: 2 } as const;

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * The metrics for Prometheus. Every label has few values, known in advance: none of a caller, a
 * user or an order.
 * @param ofProcess also Node's own metrics: memory, garbage collection, event loop delay
 */
export function createMetrics({ ofProcess }: { readonly ofProcess: boolean }) {
  const registry = new Registry();
  const registers = [registry];
  if (ofProcess) {
    collectDefaultMetrics({ register: registry });
  }
  const operations = new Histogram({
    name: 'payafter_operation_seconds',
    help: 'GraphQL operations by root field and outcome',
    labelNames: ['operation', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const attempts = new Histogram({
    name: 'payafter_wechat_attempt_seconds',
    help: 'Attempts at WeChat Pay by endpoint, kind and code, waiting included',
    labelNames: ['endpoint', 'kind', 'code'],
    buckets: SECONDS,
    registers,
  });
  const breaker = new Gauge({
    name: 'payafter_wechat_breaker_state',
    help: 'Circuit breaker before WeChat Pay: 0 closed, 1 half-open, 2 open',
    registers,
  });
  const turns = new Histogram({
    name: 'payafter_queue_seconds',
    help: 'Time that operations waited before they started',
    buckets: SECONDS,
    registers,
  });
  const refusals = new Counter({
    name: 'payafter_refused_requests_total',
    help: 'Responses that refuse a request, by HTTP status',
    labelNames: ['status'],
    registers,
  });
  const notifications = new Counter({
    name: 'payafter_notices_total',
    help: 'Webhooks of WeChat Pay by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const streams = new Gauge({
    name: 'payafter_streams_open',
    help: 'Open subscriptions',
    registers,
  });
  const intents = new Counter({
    name: 'payafter_intents_total',
    help: 'Writes to WeChat Pay by step and outcome',
    labelNames: ['step'],
    registers,
  });
  const reconciler = new Counter({
    name: 'payafter_reconciler_calls_total',
    help: 'Queries of the reconciler by outcome',
    labelNames: ['outcome'],
    registers,
  });
  return {
    operation: (report: { operation: string; outcome: string; ms: number }) => {
      const { operation, outcome, ms } = report;
      operations.observe({ operation, outcome }, ms / 1_000);
    },
    attempt: (report: { endpoint: string; kind: string; code: string; ms: number }) => {
      const { endpoint, kind, code, ms } = report;
      attempts.observe({ endpoint, kind, code }, ms / 1_000);
    },
    breaker: (state: keyof typeof BREAKER) => breaker.set(BREAKER[state]),
    turn: (seconds: number) => turns.observe(seconds),
    refused: (status: number) => refusals.inc({ status }),
    notification: (outcome: string) => notifications.inc({ outcome }),
    stream: (change: 1 | -1) => streams.inc(change),
    intent: (step: string) => intents.inc({ step }),
    reconcilerCall: (outcome: string) => reconciler.inc({ outcome }),
    /** @param count called each time the metrics are read */
    countOpenIntents: (count: () => Promise<number>) => {
      new Gauge({
        name: 'payafter_intents_open',
        help: 'Writes in progress or of unknown outcome, on all instances of this database',
        registers,
        async collect() {
          await setOrRemove(this, count());
        },
      });
    },
    /** @param lagMs called each time the metrics are read */
    followReconcilerLag: (lagMs: () => Promise<number>) => {
      new Gauge({
        name: 'payafter_reconciler_lag_seconds',
        help: 'How long the order or write that has waited longest for the reconciler has been due, on all instances of this database',
        registers,
        async collect() {
          const seconds = lagMs().then((ms) => ms / 1_000);
          await setOrRemove(this, seconds);
        },
      });
    },
    contentType: registry.contentType,
    /** The text that Prometheus reads. */
    show: () => registry.metrics(),
  };
}

/** While the database does not answer, the value is absent, and the other metrics are shown. */
async function setOrRemove(gauge: Gauge, reading: Promise<number>): Promise<void> {
  try {
    gauge.set(await reading);
  } catch {
    gauge.remove();
  }
}

/** Counts each call of a query: `found`, `missing`, or `failed`. */
export function countedQuery<Query extends readonly unknown[], Order>(
  { reconcilerCall }: Pick<Metrics, 'reconcilerCall'>,
  query: (...query: Query) => Promise<Order | null>,
): (...query: Query) => Promise<Order | null> {
  return async (...asked) => {
    try {
      const order = await query(...asked);
      reconcilerCall(order === null ? 'missing' : 'found');
      return order;
    } catch (error) {
      reconcilerCall('failed');
      throw error;
    }
  };
}
