import { expect, test } from 'vitest';
import { ANYONE } from '../../src/auth/caller.ts';
import { NO_RATE_LIMIT } from '../../src/auth/rate-limit.ts';
import { createSharedQueries } from '../../src/orders/queries/shared-queries.ts';
import { createObservationFilter } from '../../src/orders/state/observation.ts';
import { createContext } from '../../src/schema/context.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { memoryLedger, stubWechat } from '../fixtures/app/test-app.ts';

test('the context of a request has these parts and no other, whatever its resources hold', async () => {
  const ledger = await memoryLedger();
  const { log } = collectLog();
  const wechat = stubWechat();
  const queries = createObservationFilter(ledger);
  const resources = {
    wechat,
    ledger,
    inputRules: 'all' as const,
    defaults: { appid: undefined, serviceId: undefined },
    launchKey: () => undefined,
    sharedQueries: createSharedQueries({ wechat, queries, bus: ledger.bus, keepMs: 0 }),
    livemode: false,
    rateLimit: NO_RATE_LIMIT,
    log,
    stopping: new AbortController().signal,
    merchantKey: 'secret',
    dataKey: Buffer.alloc(32),
  };
  const context = createContext(resources, {
    caller: ANYONE,
    signal: undefined,
    onCall: () => {},
  });
  expect(Object.keys(context).toSorted()).toEqual([
    'beginEvent',
    'caller',
    'calls',
    'cameMs',
    'defaults',
    'freshUntilMs',
    'inputRules',
    'launchKey',
    'ledger',
    'livemode',
    'log',
    'onCall',
    'onSent',
    'orderReads',
    'origin',
    'outcome',
    'rateLimit',
    'sharedQueries',
    'signal',
    'stopping',
    'visibility',
    'wechat',
  ]);
  queries.close();
  resources.sharedQueries.close();
  await ledger.close();
});
