import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { as, caller, knowing, shopper } from '../fixtures/app/callers.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { newOutOrderNo, orderInput } from '../fixtures/graphql/inputs.ts';
import { at, type JsonObject, listAt } from '../fixtures/json.ts';
import { writeRows } from '../fixtures/ledger/test-ledger.ts';
import { anOrder } from '../fixtures/wechat/orders.ts';

const A = 'openid-of-A';
const B = 'openid-of-B';
const OPERATOR = ['orders:create', 'orders:read', 'orders:cancel', 'orders:any'] as const;
const callers = {
  a: shopper(A),
  b: shopper(B),
  operator: caller([...OPERATOR, 'events:read', 'orders:complete']),
};
type Who = keyof typeof callers;

let fixture: AppWithSandbox;
let owned: string;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ resources: { authenticator: knowing(callers) } });
  owned = await made('a');
});
beforeEach(async () => {
  await fixture.ledger.idle();
  fixture.resetCalls();
});
afterAll(() => fixture.close());

async function run(who: Who, query: string, variables: JsonObject = {}): Promise<unknown> {
  const response = await fixture.app.fetch(graphqlRequest({ query, variables }, as(who)));
  return await response.json();
}

const CREATE = `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
  __typename
  ... on CreatePayAfterOrderPayload { outOrderNo order { state } }
  ... on OrderConflictError { outOrderNo message }
  ... on InvalidInputError { issues { path code } } } }`;
const create = async (who: Who, input: JsonObject) =>
  at(await run(who, CREATE, { input }), 'data', 'createPayAfterOrder');
const same = (outOrderNo: string) => orderInput({ outOrderNo });

type Changes = { readonly outOrderNo?: string } & JsonObject;

async function made(who: Who, changes: Changes = {}): Promise<string> {
  const { outOrderNo, ...others } = { outOrderNo: newOutOrderNo(), ...changes };
  const created = await create(who, { ...same(outOrderNo), ...others });
  expect(created).toMatchObject({ outOrderNo, order: { state: expect.any(String) } });
  return outOrderNo;
}

const ORDER = 'query ($by: PayAfterOrderKey!) { payAfterOrder(by: $by) { outOrderNo state } }';
const change = (field: string, input: string) => `mutation ($no: String!) {
  ${field}(input: { outOrderNo: $no ${input} }) {
    __typename ... on OrderNotFoundError { outOrderNo message code } ... on OrderStateError { state } } }`;
const CANCEL = change('cancelPayAfterOrder', 'reason: "x"');
const COMPLETE = change(
  'completePayAfterOrder',
  'finishType: UNUSED, totalAmount: 0, cancelReason: "x"',
);
const SYNC = change(
  'syncPayAfterOrder',
  'type: ORDER_PAID, detail: { paidTime: "2026-11-23T12:00:00+08:00" }',
);

describe('a shopper', () => {
  test('a shopper sees its new order immediately, by its number and in the list', async () => {
    const outOrderNo = await made('a');
    expect(await run('a', ORDER, { by: { outOrderNo } })).toEqual({
      data: { payAfterOrder: { outOrderNo, state: 'CREATED' } },
    });
    await fixture.ledger.idle();
    expect(await listed('a')).toContain(outOrderNo);
  });

  test('a shopper sees an order that another caller created for it', async () => {
    const outOrderNo = await made('operator', { openid: B, needUserConfirm: false });
    await fixture.ledger.idle();
    expect(await listed('b')).toContain(outOrderNo);
    expect(await run('b', ORDER, { by: { outOrderNo } })).toMatchObject({
      data: { payAfterOrder: { outOrderNo } },
    });
  });

  test('for a shopper a foreign order is like a missing one, and causes no call', async () => {
    const canceled = async (no: string) =>
      at(await run('b', CANCEL, { no }), 'data', 'cancelPayAfterOrder');
    const missing = await canceled('MISSING');
    expect(await canceled(owned)).toEqual({ ...Object(missing), outOrderNo: owned });
    expect(missing).toMatchObject({ __typename: 'OrderNotFoundError', code: 'ORDER_NOT_FOUND' });
    const foreign = await run('b', ORDER, { by: { outOrderNo: owned } });
    expect(foreign).toEqual({ data: { payAfterOrder: null } });
    expect(await run('b', ORDER, { by: { outOrderNo: 'MISSING' } })).toEqual(foreign);
    expect(fixture.calls()).toEqual([]);
  });

  test.each([COMPLETE, SYNC])(
    'a shopper never completes or syncs an order, even if the token has the scope: %s',
    async (query) => {
      for (const no of [owned, 'MISSING']) {
        for (const who of ['a', 'b'] as const) {
          expect(at(await run(who, query, { no }), 'errors', 0)).toMatchObject({
            message: 'Requires the scopes orders:complete and orders:any.',
            extensions: { code: 'FORBIDDEN' },
          });
        }
      }
      expect(fixture.calls()).toEqual([]);
    },
  );

  test('for a shopper a foreign order is like a missing one by queryId too', async () => {
    const foreign = await run('b', ORDER, { by: { queryId: await queryIdOf(owned) } });
    expect(foreign).toEqual({ data: { payAfterOrder: null } });
    expect(await run('b', ORDER, { by: { queryId: '15646546545165651651' } })).toEqual(foreign);
    expect(await run('a', ORDER, { by: { queryId: await queryIdOf(owned) } })).toMatchObject({
      data: { payAfterOrder: { outOrderNo: owned } },
    });
  });

  test('a shopper cannot see an order without a known owner, nor claim its number', async () => {
    const outOrderNo = await made('operator');
    await fixture.ledger.idle();
    fixture.resetCalls();
    expect(await run('a', ORDER, { by: { outOrderNo } })).toEqual({
      data: { payAfterOrder: null },
    });
    expect(await listed('a')).not.toContain(outOrderNo);
    expect(await create('a', same(outOrderNo))).toMatchObject({ __typename: 'OrderConflictError' });
    expect(fixture.calls()).toEqual([]);
    expect(await run('operator', ORDER, { by: { outOrderNo } })).toMatchObject({
      data: { payAfterOrder: { outOrderNo } },
    });
  });

  test('a shopper cannot claim the number of an order that another system made', async () => {
    const input = same(newOutOrderNo());
    const outOrderNo = String(input['outOrderNo']);
    const ids = { appid: 'wxd678efh567hg6787', serviceId: '500001', outOrderNo };
    await fixture.wechat.createPayAfterOrder({ ...anOrder(), ...ids });
    await run('operator', ORDER, { by: { outOrderNo } });
    await fixture.ledger.idle();
    fixture.resetCalls();
    expect(await create('a', input)).toMatchObject({ __typename: 'OrderConflictError' });
    expect(fixture.calls()).toEqual([]);
  });

  test('a shopper that repeats the create of another caller gets a conflict, and nothing of the order', async () => {
    const answer = await create('b', same(owned));
    expect(answer).toEqual({
      __typename: 'OrderConflictError',
      outOrderNo: owned,
      message: expect.any(String),
    });
    expect(fixture.calls()).toEqual([]);
    expect(await create('a', same(owned))).toMatchObject({ outOrderNo: owned });
  });

  test('a shopper creates orders only for itself', async () => {
    const input = { ...same(newOutOrderNo()), openid: B, needUserConfirm: false, riskAmount: 0 };
    expect(await create('a', input)).toEqual({
      __typename: 'InvalidInputError',
      issues: [
        { path: ['riskAmount'], code: 'OUT_OF_RANGE' },
        { path: ['openid'], code: 'NOT_ALLOWED' },
      ],
    });
    expect(fixture.calls()).toEqual([]);
    expect(await made('a', { openid: A, needUserConfirm: false })).toBeTruthy();
  });

  test('a shopper queries only its own authorization', async () => {
    const query = 'query ($o: String!) { userServiceState(openid: $o) { useServiceState } }';
    expect(await run('a', query, { o: B })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect(fixture.calls()).toEqual([]);
    expect(await run('a', query, { o: A })).not.toHaveProperty('errors');
  });

  test('a shopper cancels an order that it has not confirmed, and may repeat the cancel', async () => {
    const no = await made('a');
    const done = { data: { cancelPayAfterOrder: { __typename: 'CancelPayAfterOrderPayload' } } };
    expect(await run('a', CANCEL, { no })).toEqual(done);
    expect(await run('a', CANCEL, { no })).toEqual(done);
  });

  test('a shopper cannot cancel an order that it has confirmed; a caller with orders:any can', async () => {
    const no = await made('a');
    await fixture.user('confirm', no);
    fixture.resetCalls();
    expect(await run('a', CANCEL, { no })).toEqual({
      data: { cancelPayAfterOrder: { __typename: 'OrderStateError', state: 'USER_ACCEPTED' } },
    });
    expect(fixture.calls('cancel')).toEqual([]);
    expect(await run('operator', CANCEL, { no })).toMatchObject({
      data: { cancelPayAfterOrder: { __typename: 'CancelPayAfterOrderPayload' } },
    });
  });

  test('a shopper sees its order while the outcome of the create is unknown', async () => {
    await fixture.injectUntilCleared({ on: 'create', fault: 'reset-after' });
    await fixture.injectUntilCleared({ on: 'query', fault: 'reset-before' });
    const input = same(newOutOrderNo());
    const { outOrderNo } = input;
    expect(await create('a', input)).toMatchObject({ __typename: 'OutcomeUnknownError' });
    await fixture.clearFaults();
    const by = { outOrderNo };
    expect(await run('a', ORDER, { by })).toMatchObject({ data: { payAfterOrder: by } });
    expect(await run('b', ORDER, { by })).toEqual({ data: { payAfterOrder: null } });
  });

  test('a create of unknown outcome does not show a shopper an order that was created elsewhere', async () => {
    const outOrderNo = newOutOrderNo();
    const owner = fixture.ledger.ownerOf(B);
    await made('operator', { outOrderNo });
    await fixture.ledger.idle();
    await writeRows(fixture.ledger, async (tx) => {
      await tx.deleteFrom('orders').where('out_order_no', '=', outOrderNo).execute();
      await tx.deleteFrom('intents').where('out_order_no', '=', outOrderNo).execute();
    });
    await fixture.injectUntilCleared({ on: 'create', fault: 'reset-before' });
    await fixture.injectUntilCleared({ on: 'query', fault: 'reset-before' });
    await create('b', { ...same(outOrderNo), riskAmount: 1 });
    await fixture.clearFaults();
    const { status } = await fixture.ledger.store.db
      .selectFrom('intents')
      .select('status')
      .where('out_order_no', '=', outOrderNo)
      .where('owner', '=', owner)
      .executeTakeFirstOrThrow();
    expect(status).toBe('open');
    expect(await run('b', ORDER, { by: { outOrderNo } })).toEqual({
      data: { payAfterOrder: null },
    });
    expect(await run('b', CANCEL, { no: outOrderNo })).toMatchObject({
      data: { cancelPayAfterOrder: { __typename: 'OrderNotFoundError' } },
    });
    expect(fixture.calls('cancel')).toEqual([]);
  });
});

async function listed(who: Who): Promise<readonly unknown[]> {
  const query = '{ orderRecords(first: 100) { edges { node { outOrderNo } } } }';
  const page = at(await run(who, query), 'data', 'orderRecords');
  return listAt(page, 'edges').map((edge) => at(edge, 'node', 'outOrderNo'));
}

async function queryIdOf(outOrderNo: string): Promise<unknown> {
  const orders: unknown = await fixture.control('GET', 'orders');
  const all: readonly unknown[] = Array.isArray(orders) ? orders : [];
  return at(
    all.find((order) => at(order, 'out_order_no') === outOrderNo),
    'query_id',
  );
}
