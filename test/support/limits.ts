import { clientAddress, trustedProxies } from '../../src/access/client-address.ts';
import { NO_RATE_LIMIT } from '../../src/access/rate-limit.ts';
import type { AppResources } from '../../src/app.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createRequestScope } from '../../src/request-scope.ts';

type Limits = Pick<
  AppResources,
  'rateLimit' | 'maxInFlight' | 'trustedDocuments' | 'clientOf' | 'requests' | 'metrics'
>;

/** Of the server's limits none that a test would meet by chance. */
export function noLimits(): Limits {
  return {
    rateLimit: NO_RATE_LIMIT,
    maxInFlight: 10_000,
    trustedDocuments: undefined,
    clientOf: clientAddress(trustedProxies([])),
    requests: createRequestScope(),
    metrics: createMetrics({ ofProcess: false }),
  };
}
