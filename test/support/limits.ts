import type { AppParts } from '../../src/app.ts';
import { NO_RATE_LIMIT } from '../../src/auth/rate-limit.ts';
import { clientAddress, trustedProxies } from '../../src/http/client-address.ts';
import { createRequestIds } from '../../src/http/request-id.ts';
import { createMetrics } from '../../src/observability/metrics.ts';

type Limits = Pick<
  AppParts,
  'rateLimit' | 'maxInFlight' | 'trustedDocuments' | 'clientOf' | 'requests' | 'metrics'
>;

/** Of the server's limits none that a test would meet by chance. */
export function noLimits(): Limits {
  return {
    rateLimit: NO_RATE_LIMIT,
    maxInFlight: 10_000,
    trustedDocuments: undefined,
    clientOf: clientAddress(trustedProxies([])),
    requests: createRequestIds(),
    metrics: createMetrics({ ofProcess: false }),
  };
}
