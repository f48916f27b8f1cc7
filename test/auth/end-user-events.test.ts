import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { as, knowing, shopper } from '../fixtures/app/callers.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { subscribe } from '../fixtures/http/sse.ts';
import { at, type JsonObject } from '../fixtures/json.ts';
import { BEGINNING, writeRows } from '../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../fixtures/wechat/sdk-notification.ts';

let clientFixture: AppWithClient;
beforeEach(async () => {
  const authenticator = knowing({ a: shopper('A'), b: shopper('B') });
  clientFixture = await createAppWithClient({
    wechat: notificationOptions(),
    now: BEGINNING,
    resources: { authenticator },
  });
});
afterEach(() => clientFixture.close());

const owner = (openid: string) => clientFixture.ledger.ownerOf(openid);
const see = (outOrderNo: string, who: string | null, state = 'CREATED') =>
  clientFixture.see({ outOrderNo, state, owner: who === null ? null : owner(who) });
const listen = (who: string, variables: JsonObject = {}) =>
  subscribe(clientFixture, variables, undefined, as(who));
const next = async (events: Awaited<ReturnType<typeof listen>>) =>
  at(await events.nextEvent(), 'outOrderNo');

test('a shopper receives stored and live events of its own orders, and no others', async () => {
  await see('A1', 'A');
  await see('B1', 'B');
  await see('N1', null);
  await see('A2', 'A');
  const events = await listen('a', { after: '1' });
  expect(await next(events)).toBe('A2');
  await see('B2', 'B');
  await see('N1', null, 'USER_ACCEPTED');
  await see('A1', 'A', 'USER_ACCEPTED');
  expect(await next(events)).toBe('A1');
  await events.leave();
});

test('a shopper receives no event of a foreign order, as of a missing one', async () => {
  await see('B1', 'B');
  for (const outOrderNo of ['B1', 'MISSING']) {
    const events = await listen('a', { outOrderNo });
    await see('B1', 'B', outOrderNo === 'B1' ? 'USER_ACCEPTED' : 'FINISHED');
    await see('A1', 'A', outOrderNo === 'B1' ? 'CREATED' : 'USER_ACCEPTED');
    const late = new Promise((resolve) => setTimeout(resolve, 100, 'nothing'));
    const heard = events.nextEvent().catch(() => 'nothing');
    expect(await Promise.race([heard, late])).toBe('nothing');
    await events.leave();
  }
});

test('the cursor of a foreign event is rejected like an unknown one', async () => {
  await see('A1', 'A');
  await see('B1', 'B');
  const query = 'subscription ($after: String) { orderEvents(after: $after) { id } }';
  const refused = async (after: string) => {
    const request = graphqlRequest({ query, variables: { after } }, as('a'));
    return await (await clientFixture.app.fetch(request)).text();
  };
  expect(await refused('2')).toContain('BAD_USER_INPUT');
  expect(await refused('2')).toBe(await refused('99'));
});

test('the events of a record require events:read, and belong to that order', async () => {
  await see('A1', 'A');
  await see('B1', 'B');
  const query = '{ orderRecords { edges { node { events { edges { node { outOrderNo } } } } } } }';
  const response = await clientFixture.app.fetch(graphqlRequest({ query }, as('a')));
  const text = await response.text();
  expect(text).toContain('A1');
  expect(text).not.toContain('B1');
});

test('an event that arrives before the outcome of its create is sent when the outcome is known, once and in order', async () => {
  await openCreate('A1', 'A');
  const events = await listen('a');
  await see('A1', null, 'USER_ACCEPTED');
  await see('A2', 'A');
  await new Promise((resolve) => setTimeout(resolve, 150));
  await writeRows(clientFixture.ledger, (tx) =>
    tx.updateTable('intents').set({ status: 'done' }).where('out_order_no', '=', 'A1').execute(),
  );
  await see('A1', 'A', 'CREATED');
  expect([await next(events), await next(events)]).toEqual(['A1', 'A2']);
  await events.leave();
});

test('an event under the number of a refused create is never sent', async () => {
  await openCreate('A1', 'A');
  const events = await listen('a');
  await see('A1', null, 'USER_ACCEPTED');
  await writeRows(clientFixture.ledger, (tx) =>
    tx.updateTable('intents').set({ status: 'refused' }).where('out_order_no', '=', 'A1').execute(),
  );
  await see('A2', 'A');
  expect(await next(events)).toBe('A2');
  await events.leave();
});

function openCreate(outOrderNo: string, who: string): Promise<unknown> {
  return writeRows(clientFixture.ledger, (tx) =>
    tx
      .insertInto('intents')
      .values({
        id: outOrderNo,
        operation: 'create',
        product: 'PAY_AFTER',
        out_order_no: outOrderNo,
        appid: 'wxd678efh567hg6787',
        service_id: '500001',
        digest: '',
        target: '/',
        body: '',
        platform_serial: '',
        owner: owner(who),
        status: 'open',
        created_at: 0,
        sent_at: 0,
        lease: 1,
        attempts: 0,
        finished_at: null,
        check_at: null,
      })
      .execute(),
  );
}
