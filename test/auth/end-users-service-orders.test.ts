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
