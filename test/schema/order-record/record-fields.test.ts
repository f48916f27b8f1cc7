import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { as, caller, knowing, shopper } from '../../fixtures/app/callers.ts';
import { graphqlRequest } from '../../fixtures/app/test-app.ts';
import { newOutOrderNo, orderInput } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject, listAt } from '../../fixtures/json.ts';
import { writeRows } from '../../fixtures/ledger/test-ledger.ts';
import { aServiceOrder } from '../../fixtures/wechat/service-orders.ts';

const OPENID = 'openid-of-A';
const callers = {
  operator: caller(['orders:read', 'orders:create', 'orders:any', 'events:read']),
  reader: caller(['orders:read', 'orders:any']),
  a: shopper(OPENID),
  b: shopper('openid-of-B'),
};

let fixture: AppWithSandbox;
/** One number under both products. */
const NUMBER = newOutOrderNo();
beforeAll(async () => {
  fixture = await createAppWithSandbox({ resources: { authenticator: knowing(callers) } });
  await run('a', CREATE, {
    input: orderInput({
      outOrderNo: NUMBER,
      serviceStartTime: '2099-07-05T09:35:49.000Z',
      serviceEndTime: '20990706',
      serviceEndLocation: '深圳北站',
    }),
  });
  await fixture.wechat.serviceOrders.create.send(aServiceOrder({ outOrderNo: NUMBER }));
  await run('operator', `{ serviceOrder(by: { outOrderNo: "${NUMBER}" }) { status } }`);
  await fixture.ledger.idle();
});
afterAll(() => fixture.close());

async function run(who: keyof typeof callers, query: string, variables: JsonObject = {}) {
  const response = await fixture.app.fetch(graphqlRequest({ query, variables }, as(who)));
  const answer: unknown = await response.json();
  return answer;
}

const CREATE = `mutation ($input: CreatePayAfterOrderInput!) {
  createPayAfterOrder(input: $input) { __typename } }`;
const RECORD = `query ($no: String!, $product: OrderProduct! = PAY_AFTER) { orderRecord(outOrderNo: $no, product: $product) {
  id product livemode mchid appid serviceId outOrderNo status stateRaw stateDescriptionRaw
  collectionStateRaw serviceIntroduction riskAmount totalAmount paidAmount plannedStartTime
  plannedEndTime plannedStartLocation plannedEndLocation transactionIds lastEventCursor } }`;

const record = async (product?: string, no = NUMBER) =>
  at(
    await run('operator', RECORD, {
      no,
      ...(product && { product }),
    }),
    'data',
    'orderRecord',
  );

describe('orderRecord', () => {
  test('a record has what the create sent, times in Beijing time, places decrypted, without a call to WeChat Pay', async () => {
    await fixture.reset();
    const { WECHAT_MCHID, WECHAT_APPID, WECHAT_SERVICE_ID } = fixture.sandbox.credentials;
    expect(await record()).toEqual({
      id: expect.any(String),
      product: 'PAY_AFTER',
      livemode: false,
      mchid: WECHAT_MCHID,
      appid: WECHAT_APPID,
      serviceId: WECHAT_SERVICE_ID,
      outOrderNo: NUMBER,
      status: 'CREATED',
      stateRaw: 'CREATED',
      stateDescriptionRaw: null,
      collectionStateRaw: null,
      serviceIntroduction: '共享单车骑行',
      riskAmount: 10_000,
      totalAmount: null,
      paidAmount: null,
      plannedStartTime: '2099-07-05T17:35:49+08:00',
      plannedEndTime: '2099-07-06',
      plannedStartLocation: '深圳湾体育中心',
      plannedEndLocation: '深圳北站',
      transactionIds: [],
      lastEventCursor: expect.any(String),
    });
    expect(fixture.calls()).toEqual([]);
  });

  test('the same number under both products is two records with two ids', async () => {
    const service = await record('SERVICE_ORDER');
    expect(service).toMatchObject({ product: 'SERVICE_ORDER', outOrderNo: NUMBER });
    expect(at(service, 'id')).not.toBe(at(await record(), 'id'));
  });

  test('a record is for its owner and for callers with orders:any', async () => {
    const query = `{ orderRecord(outOrderNo: "${NUMBER}") { outOrderNo } }`;
    expect(await run('a', query)).toEqual({ data: { orderRecord: { outOrderNo: NUMBER } } });
    expect(await run('b', query)).toEqual({ data: { orderRecord: null } });
    expect(await run('a', '{ orderRecord(outOrderNo: "a b") { outOrderNo } }')).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['outOrderNo'] }] } }],
    });
  });

  test('a record and its live order lead to each other', async () => {
    const query = `query ($no: String!, $product: OrderProduct!) {
      orderRecord(outOrderNo: $no, product: $product) {
        order { __typename status record { product } } } }`;
    for (const [product, type] of [
      ['PAY_AFTER', 'PayAfterOrder'],
      ['SERVICE_ORDER', 'ServiceOrder'],
    ]) {
      expect(await run('operator', query, { no: NUMBER, product })).toEqual({
        data: {
          orderRecord: { order: { __typename: type, status: 'CREATED', record: { product } } },
        },
      });
    }
  });

  test('while only an open create is known, the status is UNKNOWN and there is no state', async () => {
    const outOrderNo = newOutOrderNo();
    await openCreate(outOrderNo);
    expect(await record('PAY_AFTER', outOrderNo)).toMatchObject({
      outOrderNo,
      status: 'UNKNOWN',
      stateRaw: null,
      lastEventCursor: null,
    });
    expect(await run('a', `{ orderRecord(outOrderNo: "${outOrderNo}") { status } }`)).toEqual({
      data: { orderRecord: { status: 'UNKNOWN' } },
    });
    expect(await numbers({ outOrderNo })).toEqual([outOrderNo]);
    expect(await numbers({ outOrderNo, hasOpenWrite: true })).toEqual([outOrderNo]);
    expect(await numbers({ outOrderNo, hasOpenWrite: false })).toEqual([]);
    expect(await numbers({ outOrderNo, statuses: ['CREATED'] })).toEqual([]);
  });
});

const LIST = `query ($filter: OrderRecordFilter) {
  orderRecords(filter: $filter, first: 100) { totalCount nodes { outOrderNo product } } }`;

async function numbers(filter: JsonObject, who: keyof typeof callers = 'operator') {
  const page = at(await run(who, LIST, { filter }), 'data', 'orderRecords');
  const nodes = listAt(page, 'nodes');
  expect(at(page, 'totalCount')).toBe(nodes.length);
  return nodes.map((node) => at(node, 'outOrderNo'));
}

async function openCreate(outOrderNo: string) {
  await writeRows(fixture.ledger, (tx) =>
    tx
      .insertInto('intents')
      .values({
        id: outOrderNo,
        operation: 'create',
        product: 'PAY_AFTER',
        out_order_no: outOrderNo,
        out_refund_no: null,
        appid: 'wxd678efh567hg6787',
        service_id: '500001',
        digest: '',
        target: '',
        body: '',
        platform_serial: '',
        owner: fixture.ledger.ownerOf(OPENID),
        status: 'open',
        lease: 1,
        created_at: fixture.ledger.now(),
        sent_at: fixture.ledger.now(),
        finished_at: null,
        check_at: Number.MAX_SAFE_INTEGER,
        client: null,
        request_id: null,
        attempts: 1,
        outcome: null,
        reason: null,
        wechat_code: null,
        wechat_message: null,
        http_status: null,
        wechat_request_id: null,
      })
      .execute(),
  );
}

describe('orderRecords', () => {
  test('a shopper lists and counts its own orders only', async () => {
    const own = await numbers({ outOrderNo: NUMBER }, 'a');
    expect(own).toEqual([NUMBER]);
    expect(await numbers({}, 'b')).toEqual([]);
  });

  test('a filter by openid is for callers with orders:any, and compares by the keyed hash', async () => {
    expect(await numbers({ openid: OPENID, product: 'PAY_AFTER', outOrderNo: NUMBER })).toEqual([
      NUMBER,
    ]);
    expect(await numbers({ openid: 'openid-of-nobody' })).toEqual([]);
    expect(await run('a', LIST, { filter: { openid: OPENID } })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });
});

describe('node', () => {
  const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

  test('records and events have ids that lead to them, for those who may see them', async () => {
    const query = `{ orderRecord(outOrderNo: "${NUMBER}") { id events { nodes { id } } } }`;
    const found = at(await run('operator', query), 'data', 'orderRecord');
    const ids = [
      ['OrderRecord', at(found, 'id')],
      ['OrderEvent', at(found, 'events', 'nodes', 0, 'id')],
    ];
    for (const [type, id] of ids) {
      const node = { __typename: type, id };
      expect(await run('operator', NODE, { id })).toEqual({ data: { node } });
      expect(await run('a', NODE, { id })).toEqual({ data: { node } });
      expect(await run('b', NODE, { id })).toEqual({ data: { node: null } });
    }
    expect(await run('reader', NODE, { id: ids[1]?.[1] })).toMatchObject({
      errors: [{ message: 'Missing scope: events:read.' }],
    });
  });
});
