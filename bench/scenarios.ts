import type { Numbers } from './load/lanes.ts';
import type { Operation } from './work/requests.ts';

/** One scenario in which ours and the peers are compared. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  readonly operation: Operation;
  readonly numbers: Numbers;
  readonly load: Load;
  /** `one`: the server on core 0, the rest on core 1; `two`: everything on both. */
  readonly cores: 'one' | 'two';
  /** The response time of WeChat Pay. */
  readonly upstreamMs: number;
}

/**
 * A closed loop sends the next request after the response to the last one; an open loop sends at its
 * rate, whether responses arrive or not, and counts latency from when a request was due.
 */
export type Load = { readonly inFlight: number } | { readonly perSecond: number };

type Closed = 'query' | 'create';
type OfServiceOrders = 'service-query' | 'service-create';
export type ScenarioName =
  | `${Closed}-${'1' | '8'}`
  | `${Closed}-${'1' | '8'}-80ms`
  | `${Closed}-one-core`
  | `${Closed}-two-cores`
  | `${Closed}-80ms`
  | `${Closed}-${'100' | '400'}-per-second`
  | `${OfServiceOrders}-1`
  | `${OfServiceOrders}-one-core`
  | 'one-order';

const OPERATIONS = [
  { operation: 'query', numbers: 'distinct', title: 'Query' },
  { operation: 'create', numbers: 'new', title: 'Create' },
] as const;
const SERVICE_ORDERS = [
  { operation: 'service-query', numbers: 'distinct', title: 'Service order query' },
  { operation: 'service-create', numbers: 'new', title: 'Service order create' },
] as const;
const DISTANT = { upstreamMs: 80, cores: 'two' } as const;
const NEAR = { upstreamMs: 0, cores: 'two' } as const;

export const SCENARIOS: readonly Scenario[] = [
  ...OPERATIONS.flatMap(({ operation, numbers, title }) => [
    ...([1, 8] as const).flatMap((inFlight): readonly Scenario[] => {
      const what = { operation, numbers, load: { inFlight } };
      const far = `${title}, WeChat Pay takes 80 ms`;
      return [
        { name: `${operation}-${inFlight}`, title, ...what, ...NEAR },
        { name: `${operation}-${inFlight}-80ms`, title: far, ...what, ...DISTANT },
      ];
    }),
    ...([100, 400] as const).map((perSecond): Scenario => {
      const what = { operation, numbers, load: { perSecond } };
      return { name: `${operation}-${perSecond}-per-second`, title, ...what, ...NEAR };
    }),
  ]),
  ...OPERATIONS.flatMap(({ operation, numbers, title }): readonly Scenario[] => {
    const what = { operation, numbers };
    const full = { ...what, load: { inFlight: 64 }, upstreamMs: 0 };
    const far = `${title}, WeChat Pay takes 80 ms`;
    return [
      { name: `${operation}-one-core`, title: `${title}, one core`, ...full, cores: 'one' },
      { name: `${operation}-two-cores`, title: `${title}, two cores`, ...full, cores: 'two' },
      { name: `${operation}-80ms`, title: far, ...what, load: { inFlight: 256 }, ...DISTANT },
    ];
  }),
  ...SERVICE_ORDERS.flatMap(({ operation, numbers, title }): readonly Scenario[] => {
    const what = { operation, numbers };
    const full = { ...what, load: { inFlight: 64 }, upstreamMs: 0 };
    return [
      { name: `${operation}-1`, title, ...what, load: { inFlight: 1 }, ...NEAR },
      { name: `${operation}-one-core`, title: `${title}, one core`, ...full, cores: 'one' },
    ];
  }),
  {
    name: 'one-order',
    title: '64 callers poll one order',
    operation: 'query',
    numbers: 'hot',
    load: { inFlight: 64 },
    ...NEAR,
  },
];
