import type { Numbers } from './load/lanes.ts';
import type { Operation } from './work/requests.ts';

/** One scenario in which ours and the peers are compared. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  readonly operation: Operation;
  readonly numbers: Numbers;
  readonly concurrency: number;
  /** `one`: the server on core 0, the rest on core 1; `two`: everything on both. */
  readonly cores: 'one' | 'two';
  /** The response time of WeChat Pay. */
  readonly upstreamMs: number;
}

export type ScenarioName =
  | 'query-one-core'
  | 'create-one-core'
  | 'query-two-cores'
  | 'create-two-cores'
  | 'query-80ms'
  | 'create-80ms'
  | 'one-order';

const QUERY = { operation: 'query', numbers: 'distinct' } as const;
const CREATE = { operation: 'create', numbers: 'new' } as const;
const LOADED = { concurrency: 64, upstreamMs: 0 } as const;
const DISTANT = { concurrency: 256, upstreamMs: 80, cores: 'two' } as const;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'query-one-core', title: 'Query, one core', ...QUERY, ...LOADED, cores: 'one' },
  { name: 'create-one-core', title: 'Create, one core', ...CREATE, ...LOADED, cores: 'one' },
  { name: 'query-two-cores', title: 'Query, two cores', ...QUERY, ...LOADED, cores: 'two' },
  { name: 'create-two-cores', title: 'Create, two cores', ...CREATE, ...LOADED, cores: 'two' },
  { name: 'query-80ms', title: 'Query, WeChat Pay takes 80 ms', ...QUERY, ...DISTANT },
  { name: 'create-80ms', title: 'Create, WeChat Pay takes 80 ms', ...CREATE, ...DISTANT },
  {
    name: 'one-order',
    title: '64 callers poll one order',
    operation: 'query',
    numbers: 'hot',
    ...LOADED,
    cores: 'two',
  },
];
