import { expect, test } from 'vitest';
import { createCountedLog } from '../../src/observability/log.ts';
import { PAY_AFTER_ORDERS } from '../../src/orders/products/products.ts';
import { createObservationFilter } from '../../src/orders/state/observation.ts';
import { createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { subscribe } from '../fixtures/http/sse.ts';
import { at } from '../fixtures/json.ts';
import { shownOrder } from '../fixtures/ledger/observations.ts';
import { openTestLedger } from '../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../fixtures/wechat/sdk-notification.ts';

const STREAMS = 10;

test('while the event log cannot be read, all open streams together cause one line a minute', async () => {
  let reads = 0;
  const fixture = await createAppWithClient({
    wechat: notificationOptions(),
    engine: (real) => ({
      ...real,
      run: (name, input, options) => {
        // Only a stream reads for somebody.
        if (name === 'eventsAfter' && 'visibility' in Object(input)) {
          reads += 1;
          return Promise.reject(new Error('The database is away.'));
        }
        return real.run(name, input, options);
      },
    }),
  });
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, () => subscribe(fixture, { after: '0' })),
  );
  const reading = Promise.allSettled(streams.map((stream) => stream.next()));
  await expect.poll(() => reads).toBeGreaterThanOrEqual(2 * STREAMS);
  const lines = fixture.log.entries().map((entry) => at(entry, 'msg'));
  expect(lines.filter((line) => line === 'reading the event log failed, retrying')).toHaveLength(1);
  await Promise.all(streams.map((stream) => stream.leave()));
  await reading;
  await fixture.close();
});

test('while what queries show cannot be recorded, all of them together cause one line a minute', async () => {
  const { log, entries } = collectLog();
  const opened = await openTestLedger();
  const ledger = {
    ...opened,
    applyObservation: () => Promise.reject(new Error('The database is away.')),
  };
  const { see, close } = createObservationFilter(ledger, createCountedLog(log));
  for (let number = 0; number < 50; number += 1) {
    see(PAY_AFTER_ORDERS, shownOrder({ outOrderNo: `N${number}` }));
  }
  await expect.poll(() => entries().length).toBeGreaterThan(0);
  expect(entries().map((entry) => at(entry, 'msg'))).toEqual([
    'recording an observation of an order failed',
  ]);
  close();
  await opened.close();
});
