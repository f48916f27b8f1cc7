import { expect, test } from 'vitest';
import { type Caller, SCOPES, type Scope } from '../../src/auth/caller.ts';
import { createObservationFilter } from '../../src/orders/state/observation.ts';
import { schema } from '../../src/schema/index.ts';
import { as, caller, knowing } from '../fixtures/app/callers.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  stubWechat,
} from '../fixtures/app/test-app.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { payAfterOrder } from '../fixtures/graphql/pay-after-order.ts';
import { at, parsed } from '../fixtures/json.ts';

const changed = {
  appid: 'wxd678efh567hg6787',
  mchid: '1230000109',
  outOrderNo: 'T1',
  serviceId: '500001',
  orderId: null,
};
let calls = 0;
const answer =
  <T>(value: T) =>
  () => {
    calls += 1;
    return Promise.resolve(value);
  };
const ids = { appid: 'wx', serviceId: '500001', openid: 'o1' };
const wechat = stubWechat({
  queryPayAfterOrder: answer(payAfterOrder({ state: 'USER_ACCEPTED', finishTicket: 'ticket' })),
  queryUserServiceState: answer({ ...ids, useServiceState: 'AVAILABLE' }),
  permissions: { ...stubWechat().permissions, query: answer(null) },
  serviceOrders: { ...stubWechat().serviceOrders, query: answer(null) },
  cancelPayAfterOrder: answer(changed),
  completePayAfterOrder: answer(changed),
  syncPayAfterOrder: answer(changed),
  createPayAfterOrder: answer({
    ...changed,
    miniprogramBusinesstype: null,
    miniprogramAppid: null,
    miniprogramPath: null,
    miniprogramUsername: null,
    package: null,
  }),
});
const ledger = await memoryLedger();
let subscribed = 0;
const counting = {
  ...ledger,
  bus: {
    ...ledger.bus,
    subscribe: (...how: Parameters<typeof ledger.bus.subscribe>) => {
      subscribed += 1;
      return ledger.bus.subscribe(...how);
    },
  },
};
const queries = createObservationFilter(ledger);

async function ask(
  who: Caller,
  query: string,
  variables: object = {},
  accept = 'application/json',
) {
  const stopping = AbortSignal.timeout(300);
  const authenticator = knowing({ who });
  const app = createTestApp({ wechat, ledger: counting, queries, authenticator, stopping });
  // The application's own observer listens too: not what is counted.
  subscribed = 0;
  const request = graphqlRequest({ query, variables }, { ...as('who'), accept });
  return await (await app.fetch(request)).text();
}

const RECORD_ID = Buffer.from('["OrderRecord","PAY_AFTER","T1"]').toString('base64url');

type Operation = readonly [name: string, scope: Scope, query: string, variables: object];

const ORDER = '{ payAfterOrder(by: { outOrderNo: "T1" }) { state } }';
const EVENTS = 'subscription { orderEvents { id } }';
const write = (field: string, input: string) =>
  `mutation { ${field}(input: { outOrderNo: "T1" ${input} }) { __typename } }`;
const SERVICE_ORDER_WRITES: readonly Operation[] = [
  [
    'createServiceOrder',
    'orders:create',
    write(
      'createServiceOrder',
      'serviceIntroduction: "x", timeRange: { startTime: "OnAccept" }, riskFund: { name: DEPOSIT, amount: 1 }',
    ),
    {},
  ],
  ['cancelServiceOrder', 'orders:cancel', write('cancelServiceOrder', 'reason: "x"'), {}],
  [
    'completeServiceOrder',
    'orders:complete',
    write('completeServiceOrder', 'postPayments: [], totalAmount: 0'),
    {},
  ],
  [
    'modifyServiceOrder',
    'orders:complete',
    write('modifyServiceOrder', 'postPayments: [], totalAmount: 0, reason: "x"'),
    {},
  ],
  ['collectServiceOrder', 'orders:complete', write('collectServiceOrder', ''), {}],
  [
    'syncServiceOrder',
    'orders:complete',
    write('syncServiceOrder', 'type: ORDER_PAID, detail: { paidTime: "20261123120000" }'),
    {},
  ],
];
const OPERATIONS: readonly Operation[] = [
  ['payAfterOrder', 'orders:read', ORDER, {}],
  ['orderRecords', 'orders:read', '{ orderRecords { edges { cursor } } }', {}],
  ['userServiceState', 'orders:read', '{ userServiceState(openid: "o1") { useServiceState } }', {}],
  [
    'createPayAfterOrder',
    'orders:create',
    'mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) { __typename } }',
    { input: orderInput({ outOrderNo: 'T1' }) },
  ],
  ['cancelPayAfterOrder', 'orders:cancel', write('cancelPayAfterOrder', 'reason: "x"'), {}],
  [
    'completePayAfterOrder',
    'orders:complete',
    write('completePayAfterOrder', 'finishType: UNUSED, totalAmount: 0, cancelReason: "x"'),
    {},
  ],
  [
    'syncPayAfterOrder',
    'orders:complete',
    write(
      'syncPayAfterOrder',
      'type: ORDER_PAID, detail: { paidTime: "2026-11-23T12:00:00+08:00" }',
    ),
    {},
  ],
  ...SERVICE_ORDER_WRITES,
  ['orderEvents', 'events:read', EVENTS, {}],
  [
    'servicePermission',
    'permissions:read',
    '{ servicePermission(by: { openid: "o1" }) { openid } }',
    {},
  ],
  [
    'applyServicePermission',
    'permissions:write',
    'mutation { applyServicePermission(input: { authorizationCode: "" }) { __typename } }',
    {},
  ],
  [
    'terminateServicePermission',
    'permissions:write',
    'mutation { terminateServicePermission(input: { by: { openid: "o1" }, reason: "" }) { __typename } }',
    {},
  ],
  ['serviceOrder', 'orders:read', '{ serviceOrder(by: { outOrderNo: "T1" }) { state } }', {}],
  ['orderRecord', 'orders:read', '{ orderRecord(outOrderNo: "T1") { status } }', {}],
  ['node', 'orders:read', 'query ($id: ID!) { node(id: $id) { id } }', { id: RECORD_ID }],
];

test('every root field requires a scope', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}));
  const open = fields.filter(({ extensions }) => {
    const scope = at(extensions, 'pothosOptions', 'authScopes', 'may');
    return !SCOPES.some((known) => known === scope);
  });
  // Its scope is that of the object that the id names.
  expect(open.map(({ name }) => name)).toEqual(['node']);
  expect(fields.map(({ name }) => name).toSorted()).toEqual(
    OPERATIONS.map(([name]) => name).toSorted(),
  );
});

const without = (scope: Scope) => SCOPES.filter((other) => other !== scope);
const acceptOf = (query: string) => (query === EVENTS ? 'text/event-stream' : undefined);

test.each(OPERATIONS)('%s requires the scope %s', async (name, scope, query, variables) => {
  const refused = await ask(caller(without(scope)), query, variables, acceptOf(query));
  calls = 0;
  expect(await ask(caller(without(scope)), query, variables, acceptOf(query))).toBe(refused);
  expect(refused).toContain('"code":"FORBIDDEN"');
  expect(refused).toContain(`Missing scope: ${scope}.`);
  expect({ calls, subscribed }).toEqual({ calls: 0, subscribed: 0 });
  const granted = await ask(caller([scope, 'orders:any']), query, variables, acceptOf(query));
  expect(granted, name).not.toContain('FORBIDDEN');
});

test.each(OPERATIONS)(
  '%s refuses a caller that has neither orders:any nor an openid',
  async (_, scope, query, variables) => {
    calls = 0;
    const refused = await ask(caller(without('orders:any')), query, variables, acceptOf(query));
    expect(refused).toContain('"code":"FORBIDDEN"');
    expect(refused).toContain(
      /^(orders:complete|permissions:.*)$/.test(scope) ? 'orders:any' : 'openid',
    );
    expect({ scope, calls, subscribed }).toEqual({ scope, calls: 0, subscribed: 0 });
  },
);

test('a missing scope is a GraphQL error, not a member of the union', async () => {
  const [, , query = '', variables] = OPERATIONS[3] ?? [];
  const text = await ask(caller(['orders:read', 'orders:any']), String(query), variables);
  expect(parsed(text)).toEqual({
    data: null,
    errors: [
      expect.objectContaining({
        path: ['createPayAfterOrder'],
        extensions: { code: 'FORBIDDEN' },
      }),
    ],
  });
});

test.each<[Scope, string, object]>([
  ['orders:create', 'createPayAfterOrder', orderInput({ outOrderNo: 'T1' })],
  ['orders:cancel', 'cancelPayAfterOrder', { outOrderNo: 'T1', reason: 'x' }],
])(
  'with %s only, the order in the payload of %s is null, and WeChat Pay is not queried',
  async (scope, field, input) => {
    const name = `${field[0]?.toUpperCase()}${field.slice(1)}`;
    const query = `mutation ($input: ${name}Input!) {
      ${field}(input: $input) { ... on ${name}Payload { outOrderNo order { state finishTicket } } }
    }`;
    const writer = caller([scope, 'orders:any']);
    calls = 0;
    expect(parsed(await ask(writer, query, { input }))).toMatchObject({
      data: { [field]: { outOrderNo: 'T1', order: null } },
      errors: [{ path: [field, 'order'], extensions: { code: 'FORBIDDEN' } }],
    });
    expect(calls).toBe(1);
    const reader = caller([scope, 'orders:read', 'orders:any']);
    expect(parsed(await ask(reader, query, { input }))).toMatchObject({
      data: { [field]: { order: { state: 'USER_ACCEPTED', finishTicket: null } } },
    });
  },
);

test('the events of recorded orders require events:read: one error, whatever the number of orders', async () => {
  const query = `query ($with: Boolean = true) { orderRecords { edges { node { outOrderNo
    events @include(if: $with) { edges { cursor } } } } } }`;
  const reader = caller(['orders:read', 'orders:any']);
  expect(parsed(await ask(reader, query))).toEqual({
    errors: [{ message: 'Missing scope: events:read.', extensions: { code: 'FORBIDDEN' } }],
  });
  const nobody = caller(['schema:read']);
  expect(await ask(nobody, query)).toContain('Missing scope: orders:read.');
  expect(await ask(reader, query, { with: false })).not.toContain('errors');
});

test('finishTicket requires orders:complete, and the rest of the order is returned without it', async () => {
  const query = '{ payAfterOrder(by: { outOrderNo: "T1" }) { state finishTicket } }';
  const reader = parsed(await ask(caller(['orders:read', 'orders:any']), query));
  expect(reader).toMatchObject({
    data: { payAfterOrder: { state: 'USER_ACCEPTED', finishTicket: null } },
    errors: [{ path: ['payAfterOrder', 'finishTicket'], extensions: { code: 'FORBIDDEN' } }],
  });
  const completer = caller(['orders:read', 'orders:complete', 'orders:any']);
  expect(parsed(await ask(completer, query))).toMatchObject({
    data: { payAfterOrder: { finishTicket: 'ticket' } },
  });
});

test.each([
  '{ __schema { types { name } } }',
  '{ __type(name: "Query") { name } }',
  'query { ...F } fragment F on Query { a: __schema { queryType { name } } }',
  '{ ... on Query { __typename __type(name: "Mutation") { fields { name } } } }',
])('introspection requires schema:read: %s', async (query) => {
  const blind = caller(without('schema:read'), { openid: 'o1' });
  expect(parsed(await ask(blind, query))).toEqual({
    errors: [
      {
        message: 'The schema is shown only to callers with the scope schema:read.',
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  });
  expect(await ask(caller(['schema:read']), query)).toContain('"data":{');
  expect(parsed(await ask(blind, '{ __typename }'))).toEqual({ data: { __typename: 'Query' } });
});
