import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SCOPES } from '../../src/auth/caller.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { as, caller, knowing, shopper } from '../fixtures/app/callers.ts';
import {
  lowered,
  type ServiceOrderWriteName,
  serviceOrderEnd,
  serviceOrderInput,
  serviceOrderUser,
  writeServiceOrder,
} from '../fixtures/app/service-order-operations.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { type JsonObject, parsed } from '../fixtures/json.ts';
import { aServiceOrder } from '../fixtures/wechat/service-orders.ts';

const ALICE = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
let fixture: AppWithSandbox;
/** The configured one. */
let notifyUrl = 'https://shop.example/wechat/notify';
beforeAll(async () => {
  fixture = await createAppWithSandbox({
    resources: {
      authenticator: knowing({
        shop: caller(SCOPES),
        alice: shopper(ALICE),
        bob: shopper('oBob'),
      }),
      defaults: {
        appid: 'wxd678efh567hg6787',
        serviceId: '500001',
        notifyUrl: () => notifyUrl,
      },
    },
  });
});
beforeEach(() => fixture.reset());
afterAll(() => fixture.close());

/** The result of a write of this caller. */
async function write(who: string, name: ServiceOrderWriteName, input: JsonObject) {
  const run = async (query: string, variables: JsonObject = {}) => {
    const answer = await fixture.app.fetch(graphqlRequest({ query, variables }, as(who)));
    return parsed(await answer.text());
  };
  return await writeServiceOrder({ run }, name, input);
}

const ofShopper = (changes: JsonObject = {}) => {
  const { notifyUrl: _, ...input } = serviceOrderInput(changes);
  return input;
};

test('an end user creates a service order and cancels it while it is CREATED', async () => {
  const input = ofShopper();
  const { outOrderNo } = input;
  expect(await write('alice', 'create', input)).toMatchObject({ outOrderNo, replayed: false });
  const cancel = { outOrderNo, reason: '不租了' };
  expect(await write('bob', 'cancel', cancel)).toMatchObject({ code: 'ORDER_NOT_FOUND' });
  expect(await write('alice', 'cancel', cancel)).toMatchObject({ replayed: false });
  expect(await write('alice', 'cancel', cancel)).toMatchObject({ replayed: true });
});

test('an end user does not cancel a service order that is confirmed', async () => {
  const input = ofShopper();
  const outOrderNo = String(input['outOrderNo']);
  await write('alice', 'create', input);
  await serviceOrderUser(fixture, 'confirm', outOrderNo);
  fixture.resetCalls();
  expect(await write('alice', 'cancel', { outOrderNo, reason: 'x' })).toMatchObject({
    __typename: 'OrderStateError',
    orderStatus: 'ACCEPTED',
    stateRaw: 'DOING',
    state: null,
  });
  expect(fixture.calls('cancel')).toEqual([]);
});

test('the number of another user is a conflict, and nothing is sent', async () => {
  const input = ofShopper();
  await write('alice', 'create', input);
  fixture.resetCalls();
  expect(await write('bob', 'create', input)).toMatchObject({ code: 'ORDER_CONFLICT' });
  expect(fixture.calls()).toEqual([]);
});

test('the number of an order that another system made is a conflict for an end user, and nothing is sent', async () => {
  const input = serviceOrderInput();
  const outOrderNo = String(input['outOrderNo']);
  const ids = { appid: 'wxd678efh567hg6787', serviceId: '500001', outOrderNo };
  await fixture.wechat.serviceOrders.create.send({ ...aServiceOrder(), ...input, ...ids });
  const query = 'query ($by: ServiceOrderKey!) { serviceOrder(by: $by) { status } }';
  const byShop = graphqlRequest({ query, variables: { by: { outOrderNo } } }, as('shop'));
  await (await fixture.app.fetch(byShop)).text();
  await fixture.ledger.idle();
  fixture.resetCalls();
  const { notifyUrl: _, ...ofAlice } = input;
  expect(await write('alice', 'create', ofAlice)).toMatchObject({ code: 'ORDER_CONFLICT' });
  expect(fixture.calls()).toEqual([]);
});

test.each<[string, JsonObject, string]>([
  ['a notifyUrl', { notifyUrl: 'https://evil.example/n' }, 'notifyUrl'],
  ['the openid of another user', { needUserConfirm: false, openid: 'oBob' }, 'openid'],
])('an end user does not give %s', async (_, changes, field) => {
  expect(await write('alice', 'create', { ...ofShopper(), ...changes })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: [field], code: 'NOT_ALLOWED' }],
  });
  expect(fixture.calls()).toEqual([]);
});

test('a create is not confirmed by the order of another user under its number, and does not show it', async () => {
  for (const openid of [ALICE, 'oBob']) {
    await fixture.control('POST', `users/${openid}`, { useServiceState: 'AVAILABLE' });
  }
  const input = ofShopper({ needUserConfirm: false, openid: 'oBob' });
  const outOrderNo = String(input['outOrderNo']);
  await fixture.injectUntilCleared({ on: 'create', fault: 'reset-before' });
  expect(await write('bob', 'create', input)).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await fixture.clearFaults();
  // Past this server, as another system of the merchant does: the same, but for the user.
  await fixture.wechat.serviceOrders.create.send({
    ...{ appid: 'wxd678efh567hg6787', serviceId: '500001', outOrderNo, openid: ALICE },
    serviceIntroduction: '充电宝租借',
    timeRange: { startTime: 'OnAccept', endTime: '2099-12-31' },
    riskFund: { name: 'ESTIMATE_ORDER_COST', amount: 9_900 },
    notifyUrl,
    needUserConfirm: false,
  });
  const seen = await fixture.app.fetch(
    graphqlRequest(
      {
        query: 'query ($by: ServiceOrderKey!) { serviceOrder(by: $by) { status } }',
        variables: { by: { outOrderNo } },
      },
      as('bob'),
    ),
  );
  expect(parsed(await seen.text())).toEqual({ data: { serviceOrder: null } });
  expect(await write('bob', 'create', input)).toMatchObject({ code: 'ORDER_CONFLICT' });
});

test.each<[ServiceOrderWriteName, JsonObject]>([
  ['complete', serviceOrderEnd('T1')],
  ['modify', lowered('T1', 1)],
  ['collect', { outOrderNo: 'T1' }],
  ['sync', { outOrderNo: 'T1', type: 'ORDER_PAID', detail: { paidTime: '20260706' } }],
])('an end user never may %s a service order', async (name, input) => {
  expect(await write('alice', name, input)).toMatchObject({
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  });
  expect(fixture.calls()).toEqual([]);
});

test('a repeat without notifyUrl is the same input after the configured one has changed', async () => {
  const input = ofShopper();
  await write('alice', 'create', input);
  fixture.resetCalls();
  notifyUrl = 'https://new.example/wechat/notify';
  expect(await write('alice', 'create', input)).toMatchObject({ replayed: true });
});
