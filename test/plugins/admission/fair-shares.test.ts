import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Caller } from '../../../src/auth/caller.ts';
import { createRejections } from '../../../src/auth/rate-limit.ts';
import { createAdmission } from '../../../src/plugins/admission/admission-queue.ts';
import { as, caller, knowing, shopper } from '../../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../../fixtures/app/test-app.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { listen } from '../../fixtures/http/listen.ts';
import { heapUsed } from '../../fixtures/process/heap.ts';

const MOST = 32;
const SHOP = caller(['orders:read', 'orders:any'], { id: 'shop' });
const shopperOf = (id: string) => shopper(id, { id });

const times = <T>(count: number, each: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => each(index));
const begun = (
  { begin }: Pick<ReturnType<typeof createAdmission>, 'begin'>,
  by: readonly Caller[],
) => by.filter((one) => begin(one)).length;

test('of the slots a shopper gets an eighth, all shoppers half, and one client seven eighths', () => {
  const one = createAdmission({ most: MOST });
  expect(
    begun(
      one,
      times(MOST, () => shopperOf('one')),
    ),
  ).toBe(4);
  const many = createAdmission({ most: MOST });
  expect(
    begun(
      many,
      times(MOST, (index) => shopperOf(`user-${index}`)),
    ),
  ).toBe(18);
  const client = createAdmission({ most: MOST });
  // An eighth more had their turn already.
  expect(
    begun(
      client,
      times(2 * MOST, () => SHOP),
    ),
  ).toBe(31);
  expect(client.begin(caller(['orders:any'], { id: 'another' }))).toBe(true);
});

test('of the queue a caller gets the same shares', async () => {
  const { turn, isFull } = createAdmission({ most: MOST });
  const came = times(MOST, () => turn(shopperOf('one')));
  expect(isFull(shopperOf('one'))).toBe(true);
  expect([isFull(shopperOf('two')), isFull(SHOP), isFull()]).toEqual([false, false, false]);
  expect((await Promise.all(came)).filter(Boolean)).toHaveLength(4);
  expect(isFull(shopperOf('one')), 'once its turn has come').toBe(false);
});

test('an operation that waits for the share of its caller does not delay those behind it', async () => {
  const { turn, begin, end } = createAdmission({ most: MOST, waitMs: 20 });
  begun(
    { begin },
    times(4, () => shopperOf('one')),
  );
  const stuck = turn(shopperOf('one'));
  expect(await turn(SHOP)).toBe(true);
  expect(await stuck, 'late').toBe(false);
  const next = turn(shopperOf('one'));
  end(shopperOf('one'));
  expect(await next).toBe(true);
});

test.each([
  ['a shopper', shopperOf('one')],
  ['a client', caller(['orders:any'], { id: 'another' })],
])(
  'operations of %s that wait for its own share fill the queue for nobody else',
  async (_who, by) => {
    const { turn, begin, isFull } = createAdmission({ most: 128, limit: () => 128, waitMs: 50 });
    begun(
      { begin },
      times(by.id === 'one' ? 16 : 112, () => by),
    );
    const stuck = times(8, () => turn(by));
    await sleep(60);
    expect([isFull(by), isFull(SHOP), isFull(shopperOf('two')), isFull()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(await turn(SHOP)).toBe(true);
    expect(await Promise.all(stuck)).not.toContain(true);
  },
);

test('a shopper that floods the server is refused, and the operations of the shop are accepted', async () => {
  const pending: (() => void)[] = [];
  const app = createTestApp({
    maxInFlight: MOST,
    authenticator: knowing({ flood: shopperOf('flood'), shop: SHOP }),
    wechat: stubWechat({
      queryPayAfterOrder: () =>
        new Promise((resolve) => {
          pending.push(() => resolve(payAfterOrder()));
        }),
    }),
  });
  const ask = async (word: string, order: number) => {
    const query = `{ payAfterOrder(by: { outOrderNo: "${word}-${order}" }) { state } }`;
    return (await app.fetch(graphqlRequest({ query }, as(word)))).status;
  };
  const flood = times(8 * MOST, (index) => ask('flood', index));
  const own = times(MOST / 2, (index) => ask('shop', index));
  await expect.poll(() => pending.length).toBeGreaterThanOrEqual(MOST / 2);
  const finish = setInterval(() => {
    for (const go of pending.splice(0)) {
      go();
    }
  }, 10);
  expect(await Promise.all(own)).toEqual(times(MOST / 2, () => 200));
  expect((await Promise.all(flood)).filter((status) => status === 503).length).toBeGreaterThan(
    MOST,
  );
  clearInterval(finish);
});

test('a caller that was rejected over HTTP is rejected again by a shorter path, and others are not', async () => {
  let authenticated = 0;
  const known = knowing({ flood: shopperOf('flood'), shop: SHOP });
  const app = createTestApp({
    maxInFlight: MOST,
    authenticator: {
      ...known,
      authenticate: (given) => {
        authenticated += 1;
        return known.authenticate(given);
      },
    },
  });
  const port = await listen(app);
  const call = async (word: string) => {
    const headers = { 'content-type': 'application/json', ...as(word) };
    const body = JSON.stringify({ query: '{ __typename }' });
    return (await fetch(`${port.url}/graphql`, { method: 'POST', headers, body })).status;
  };
  expect([await call('shop'), authenticated]).toEqual([200, 1]);
  times(4, () => app.admission.begin(shopperOf('flood')));
  const queued: Promise<boolean>[] = [];
  // Those that wait are dropped after a while.
  const whileFull = (word: string) => {
    queued.push(...times(4, () => app.admission.turn(shopperOf('flood'))));
    return call(word);
  };
  expect([await whileFull('flood'), authenticated]).toEqual([503, 2]);
  expect([await whileFull('flood'), authenticated], 'by its credential').toEqual([503, 2]);
  expect([await whileFull('shop'), authenticated]).toEqual([200, 3]);
  await Promise.all(queued);
  await port.close();
});

test('of a caller that was rejected only the hash of its credential is kept', () => {
  const rejections = createRejections();
  expect(rejections.callerWith('Bearer one')).toBeUndefined();
  const credential = (index: number) => `Bearer ${'long'.repeat(2_000)}${index}`;
  const before = heapUsed();
  for (let index = 0; index < 300; index += 1) {
    rejections.remember(credential(index), SHOP);
  }
  expect(heapUsed() - before).toBeLessThan(512 * 1024);
  expect(rejections.callerWith(credential(299))).toBe(SHOP);
  expect(rejections.callerWith(credential(0)), 'of long ago').toBeUndefined();
  expect(rejections.callerWith(undefined)).toBeUndefined();
});
