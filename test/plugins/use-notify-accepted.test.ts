import { afterAll, beforeEach, expect, test } from 'vitest';
import { type AppWithClient, createAppWithClient } from '../fixtures/app/app-with-client.ts';
import {
  APIV3_KEY,
  NOW_SECONDS,
  notificationBody,
  notificationOptions,
  OTHER_APIV3_KEY,
  post,
  signedHeaders,
} from '../fixtures/wechat/sdk-notification.ts';

let clientFixture: AppWithClient;
const opened: AppWithClient[] = [];
beforeEach(async () => {
  clientFixture = await createAppWithClient({ wechat: notificationOptions() });
  opened.push(clientFixture);
});
afterAll(() => Promise.all(opened.map(({ close }) => close())));

const events = () =>
  clientFixture.run(`{ orderRecords { edges { node { outOrderNo status
    events { edges { node { status previousStatus source } } } } } } }`);

test('a notification made with the primitives of the SDK is answered with 200 and recorded', async () => {
  expect(await post(clientFixture, notificationBody())).toEqual({
    status: 200,
    text: '{"code":"SUCCESS","message":"成功"}',
  });
  expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
  const event = { status: 'ACCEPTED', previousStatus: null, source: 'NOTIFICATION' };
  expect(await events()).toEqual({
    data: {
      orderRecords: {
        edges: [
          {
            node: {
              outOrderNo: 'N1',
              status: 'ACCEPTED',
              events: { edges: [{ node: event }] },
            },
          },
        ],
      },
    },
  });
});

test.each(['PAYSCORE.USER_CONFIRM', 'PAYSCORE.USER_PAID'])(
  'a notification %s about a service order is applied to that, never to a pay-after order of that number',
  async (eventType) => {
    const order = {
      state: 'DONE',
      risk_fund: { name: 'DEPOSIT', amount: 100 },
      time_range: { start_time: 'OnAccept' },
    };
    const { status } = await post(clientFixture, notificationBody({ eventType, order }));
    expect(status).toBe(200);
    expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
    const [event] = await clientFixture.ledger.eventsAfter({ cursor: 0, limit: 2 });
    expect(event).toMatchObject({ product: 'SERVICE_ORDER', status: 'PAID' });
  },
);

test.each([
  ['PAYSCORE.USER_CONFIRM', 'payscore'],
  ['PAYSCORE.SOMETHING_NEW', 'payscore'],
  ['PAYSCORE.USER_ACCEPTED', ''],
  ['PAYSCORE.USER_ACCEPTED', null],
])(
  'an order is taken from a notification of the type %s with the associated data %j',
  async (eventType, associatedData) => {
    const { status } = await post(clientFixture, notificationBody({ eventType, associatedData }));
    expect(status).toBe(200);
    expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
  },
);

test('the same notification again, also with a new signature, is answered with 200 and changes nothing', async () => {
  const body = notificationBody();
  for (const timestamp of [NOW_SECONDS, NOW_SECONDS, NOW_SECONDS + 100]) {
    expect((await post(clientFixture, body, signedHeaders(body, { timestamp }))).status).toBe(200);
  }
  expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
});

test('ten concurrent copies of a notification make one event', async () => {
  const body = notificationBody();
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(clientFixture, body)));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 1 });
});

test('a notification with another id and the same content makes no event', async () => {
  await post(clientFixture, notificationBody());
  expect((await post(clientFixture, notificationBody())).status).toBe(200);
  expect(await clientFixture.rows()).toEqual({ orders: 1, events: 1, notifications: 2 });
});

test('a notification of another merchant is stored as suspicious and not applied', async () => {
  expect((await post(clientFixture, notificationBody({ order: { mchid: '1' } }))).status).toBe(200);
  expect(await clientFixture.rows()).toEqual({ orders: 0, events: 0, notifications: 1 });
  expect(clientFixture.log.text()).toContain('contradicts the ledger, not applied');
});

test.each([-300, 300])('a notification dated %s s off is accepted', async (off) => {
  const body = notificationBody();
  const headers = signedHeaders(body, { timestamp: NOW_SECONDS + off });
  expect((await post(clientFixture, body, headers)).status).toBe(200);
});

test('during a rotation of the APIv3 key both keys decrypt notifications', async () => {
  const apiv3KeyPrevious = OTHER_APIV3_KEY;
  const changing = await createAppWithClient({ wechat: notificationOptions({ apiv3KeyPrevious }) });
  opened.push(changing);
  for (const [index, apiv3Key] of [APIV3_KEY, OTHER_APIV3_KEY].entries()) {
    const order = { out_order_no: `N${index}` };
    expect((await post(changing, notificationBody({ apiv3Key, order }))).status).toBe(200);
  }
  expect(await changing.rows()).toEqual({ orders: 2, events: 2, notifications: 2 });
});

const UNKNOWN = { level: 'warn', msg: 'unknown enum value from WeChat Pay', why: 'state' };

test('an unknown state in notifications is one line a minute in the log', async () => {
  for (const outOrderNo of ['N1', 'N2']) {
    const order = { state: 'USER_PAUSED', out_order_no: outOrderNo };
    expect((await post(clientFixture, notificationBody({ order }))).status).toBe(200);
  }
  expect(clientFixture.log.entries()).toMatchObject([{ ...UNKNOWN, word: 'USER_PAUSED' }]);
});

test('an unknown state in the list of recorded orders and events is one line a minute in the log', async () => {
  await clientFixture.see({ state: 'USER_PAUSED' });
  expect(JSON.stringify(await events()).match(/"UNKNOWN"/g)).toHaveLength(2);
  expect(clientFixture.log.entries()).toMatchObject([{ ...UNKNOWN, word: 'USER_PAUSED' }]);
});

test('neither the response nor the log contains the content of a notification', async () => {
  const bodies = [
    notificationBody(),
    notificationBody({ order: { mchid: '1' } }),
    notificationBody({ order: { state: 1 } }),
  ];
  const answers = await Promise.all(bodies.map((body) => post(clientFixture, body)));
  const written = answers.map(({ text }) => text).join('') + clientFixture.log.text();
  expect(written).not.toMatch(/SECRET/);
});
