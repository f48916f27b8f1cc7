import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { create } from '../../fixtures/app/order-operations.ts';
import { newOutOrderNo } from '../../fixtures/graphql/inputs.ts';
import { type Port, serve } from '../../fixtures/http/port.ts';
import { subscribe } from '../../fixtures/http/sse.ts';
import { graphqlWs } from '../../fixtures/http/websocket.ts';

const LIVE = 'subscription { orderEvents { outOrderNo status order { order { status } } } }';

let fixture: AppWithSandbox;
let port: Port;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
  port = await serve(fixture);
  await fixture.control('POST', 'notify-url', { url: `${port.url}/wechat/notify` });
});
afterAll(async () => {
  await port.stop();
  await fixture.close();
});

describe.each([
  ['server-sent events', () => subscribe(fixture, {}, LIVE)],
  ['a WebSocket', async () => graphqlWs(port.webSocketUrl).subscribe({}, LIVE)],
])('over %s', (_, open) => {
  test('each event of an order reads the order anew at WeChat Pay', async () => {
    const outOrderNo = newOutOrderNo();
    const events = await open();
    const first = events.nextEvent();
    await expect.poll(() => fixture.streams()).toBe(1);
    await create(fixture, { outOrderNo });
    const created = { outOrderNo, status: 'CREATED', order: { order: { status: 'CREATED' } } };
    expect(await first).toEqual(created);
    await fixture.user('confirm', outOrderNo);
    const accepted = { outOrderNo, status: 'ACCEPTED', order: { order: { status: 'ACCEPTED' } } };
    expect(await events.nextEvent()).toEqual(accepted);
    await events.leave();
    await expect.poll(() => fixture.streams()).toBe(0);
  });

  test('each event has reads of its own, however many orders came before', async () => {
    const events = await open();
    let next = events.nextEvent();
    await expect.poll(() => fixture.streams()).toBe(1);
    for (let count = 0; count < 7; count += 1) {
      const outOrderNo = newOutOrderNo();
      await create(fixture, { outOrderNo });
      const order = { order: { status: 'CREATED' } };
      expect(await next).toEqual({ outOrderNo, status: 'CREATED', order });
      next = events.nextEvent();
    }
    next.catch(() => {});
    await events.leave();
    await expect.poll(() => fixture.streams()).toBe(0);
  });
});
