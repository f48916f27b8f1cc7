import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { LoggedEvent } from '../../../src/ledger/records.ts';
import { createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { create } from '../../fixtures/app/order-operations.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe, subscribeAt } from '../../fixtures/http/sse.ts';
import { graphqlWs } from '../../fixtures/http/websocket.ts';
import { at, type JsonObject, listAt, textAt } from '../../fixtures/json.ts';
import { BEGINNING } from '../../fixtures/ledger/test-ledger.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

let fixture: AppWithSandbox;
let port: Port;
let outOrderNo: string;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
  port = await serve(fixture);
  await fixture.control('POST', 'notify-url', { url: `${port.url}/wechat/notify` });
});
beforeEach(() => {
  outOrderNo = newOutOrderNo();
});
afterEach(() => expect.poll(() => fixture.streams()).toBe(0));
afterAll(async () => {
  await port.stop();
  await fixture.close();
});

interface Client {
  readonly nextEvent: () => Promise<unknown>;
  readonly leave: () => unknown;
}

const transports: readonly [string, (variables?: JsonObject) => Promise<Client>][] = [
  ['server-sent events', (variables) => subscribe(fixture, variables)],
  ['server-sent events on a port', (variables) => subscribeAt(port.url, variables)],
  [
    'a WebSocket',
    async (variables) => {
      const before = fixture.streams();
      const events = graphqlWs(port.webSocketUrl).subscribe(variables);
      // An iterator begins with its first next(): what is live before that would be missed.
      const first = events.next();
      await Promise.race([first, expect.poll(() => fixture.streams()).toBeGreaterThan(before)]);
      let ahead: typeof first | undefined = first;
      return {
        ...events,
        nextEvent: async () => {
          const { value } = await (ahead ?? events.next());
          ahead = undefined;
          return at(value, 'data', 'orderEvents') ?? value;
        },
      };
    },
  ],
];

/** Cursors of all events of the order. */
async function cursors(): Promise<readonly string[]> {
  const rows = await fixture.ledger.store.db
    .selectFrom('events')
    .select('id')
    .where('out_order_no', '=', outOrderNo)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => String(id));
}

async function firstCursor(): Promise<string | undefined> {
  const [first] = await fixture.ledger.eventsAfter({ cursor: 0, limit: 1 });
  return first && String(first.id);
}

describe.each(transports)('over %s', (_name, open) => {
  test('a confirmation of the user is an event for a subscriber that waits', async () => {
    const events = await open({ outOrderNo });
    await create(fixture, { outOrderNo });
    expect(await events.nextEvent()).toMatchObject({ status: 'CREATED', source: 'MUTATION' });
    await fixture.user('confirm', outOrderNo);
    expect(await events.nextEvent()).toEqual({
      cursor: (await cursors())[1],
      outOrderNo,
      status: 'ACCEPTED',
      source: 'NOTIFICATION',
    });
    await events.leave();
  });

  test('after a cursor the stored events come first, then live ones, each once and in order', async () => {
    await fixture.see({ outOrderNo, state: 'CREATED' });
    const [after] = await cursors();
    const others = Array.from({ length: 250 }, (_, index) => `${outOrderNo}-${index}`);
    const see = (name: string) => fixture.see({ outOrderNo: name });
    await Promise.all(others.slice(0, 120).map(see));
    const events = await open({ after });
    const live = Promise.all(others.slice(120).map(see));
    const seen: string[] = [];
    const numbers: string[] = [];
    while (seen.length < others.length) {
      const event = await events.nextEvent();
      seen.push(textAt(event, 'cursor'));
      numbers.push(textAt(event, 'outOrderNo'));
    }
    await live;
    expect([...numbers].sort()).toEqual([...others].sort());
    expect(seen.map(Number)).toEqual([...new Set(seen.map(Number))].sort((a, b) => a - b));
    await events.leave();
  });

  test('only events of the selected order are sent', async () => {
    const [one, other] = await Promise.all([open({ outOrderNo }), open()]);
    await fixture.see({ outOrderNo: `${outOrderNo}-other` });
    await fixture.see({ outOrderNo });
    expect(await one.nextEvent()).toMatchObject({ outOrderNo });
    expect(await other.nextEvent()).toMatchObject({ outOrderNo: `${outOrderNo}-other` });
    await Promise.all([one.leave(), other.leave()]);
  });

  test('after "0" the events come from the first one on, then live', async () => {
    await fixture.see({ outOrderNo, state: 'CREATED' });
    const events = await open({ outOrderNo, after: '0' });
    const all = await open({ after: '0' });
    expect(await events.nextEvent()).toMatchObject({
      cursor: (await cursors())[0],
      status: 'CREATED',
    });
    expect(await all.nextEvent()).toMatchObject({ cursor: await firstCursor() });
    await fixture.see({ outOrderNo, state: 'USER_ACCEPTED' });
    expect(await events.nextEvent()).toMatchObject({ status: 'ACCEPTED' });
    await Promise.all([events.leave(), all.leave()]);
  });

  test.each(['999999999', 'x', '', '-1', '1e3', '1 '])(
    'the unknown cursor %j is BAD_USER_INPUT',
    async (after) => {
      await fixture.see({ outOrderNo });
      const events = await open({ after });
      const answer = await events.nextEvent();
      expect(listAt(answer, 'errors')).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      await events.leave();
    },
  );
});

test('an event that is read from the store before the bus announces it is sent once', async () => {
  const late = await createAppWithClient({
    wechat: notificationOptions(),
    ledger: withLateBus,
    now: BEGINNING,
  });
  for (const name of ['A', 'B', 'C']) {
    await late.see({ outOrderNo: name });
  }
  const events = await subscribe(late, { after: '1' });
  const seen = [await events.nextEvent(), await events.nextEvent()];
  await sleep(3 * LATE_MS);
  await late.see({ outOrderNo: 'D' });
  seen.push(await events.nextEvent());
  expect(seen.map((event) => at(event, 'outOrderNo'))).toEqual(['B', 'C', 'D']);
  await events.leave();
  await late.close();
});

const LATE_MS = 20;

/** As of another instance: commits are announced a little later, also to new subscribers. */
function withLateBus(real: Ledger): Ledger {
  const delivered: LoggedEvent[] = [];
  real.bus.subscribe((event) => delivered.push(event));
  const subscribe: Ledger['bus']['subscribe'] = (listener, interest) => {
    setTimeout(() => delivered.forEach(listener), LATE_MS);
    return real.bus.subscribe(listener, interest);
  };
  return { ...real, bus: { ...real.bus, subscribe } };
}
