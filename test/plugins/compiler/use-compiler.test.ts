import fc from 'fast-check';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import type { App } from '../../../src/app.ts';
import { useCompiler } from '../../../src/plugins/compiler/use-compiler.ts';
import { schema } from '../../../src/schema/index.ts';
import { decode } from '../../../src/wechat/codec/codec.ts';
import { serviceOrder } from '../../../src/wechat/codec/service-order-types.ts';
import {
  OrderBusyError,
  OrderNotFoundError,
  OrderStateError,
  PermissionInUseError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  run,
  stubWechat,
  unsealed,
} from '../../fixtures/app/test-app.ts';
import { snippets } from '../../fixtures/docs/documents.ts';
import { graphqlBody } from '../../fixtures/graphql/arbitraries.ts';
import { CREATE, QUERY, USER_STATE } from '../../fixtures/graphql/documents.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { randomRequest } from '../../fixtures/graphql/random-documents.ts';
import { at, parsed } from '../../fixtures/json.ts';
import { see } from '../../fixtures/ledger/observations.ts';
import { heapUsed } from '../../fixtures/process/heap.ts';
import { PAID_ON_WIRE } from '../../fixtures/wechat/service-orders.ts';

const ids = { appid: 'wxd678efh567hg6787', mchid: '1230000109', serviceId: '500001' };
const unknown = { status: null, code: null, requestId: null };

const paid = decode(serviceOrder, PAID_ON_WIRE, () => {}) ?? null;
const permission = {
  ...ids,
  openid: 'o',
  authorizationCode: 'c',
  authorizationState: 'AVAILABLE',
  notifyUrl: null,
  cancelAuthorizationTime: null,
  authorizationSuccessTime: '2026-07-06T10:00:00+08:00',
  userRiskLevel: null,
  riskLevelVersion: null,
};
/** A write to an existing service order that fails. */
const refusing = (errorOf: (outOrderNo: string) => Error) => ({
  prepare: unsealed,
  send: ({ outOrderNo }: { readonly outOrderNo: string }) => Promise.reject(errorOf(outOrderNo)),
});
const down = () => Promise.reject(new WechatUnavailableError('down', unknown));
const stub = stubWechat();

const wechat = stubWechat({
  queryPayAfterOrder: (query) => {
    const number = 'outOrderNo' in query ? query.outOrderNo : 'A';
    const fees = [{ feeName: 'f', feeCount: 1, feeAmount: 2, feeDesc: null }];
    return number === 'FAULT'
      ? Promise.reject(new Error('a fault of the server'))
      : Promise.resolve(number === 'ABSENT' ? null : payAfterOrder({ outOrderNo: number, fees }));
  },
  queryUserServiceState: ({ openid }) =>
    Promise.resolve({ ...ids, openid, useServiceState: 'AVAILABLE' }),
  createPayAfterOrder: down,
  cancelPayAfterOrder: ({ outOrderNo }) =>
    Promise.reject(new OrderNotFoundError(outOrderNo, unknown)),
  serviceOrders: {
    ...stub.serviceOrders,
    create: { prepare: unsealed, send: down },
    query: (query) =>
      Promise.resolve('outOrderNo' in query && query.outOrderNo === 'ABSENT' ? null : paid),
    complete: refusing((outOrderNo) => new OrderStateError(outOrderNo, paid, unknown)),
    modify: refusing((outOrderNo) => new OrderBusyError(outOrderNo, unknown)),
    cancel: refusing((outOrderNo) => new OrderNotFoundError(outOrderNo, unknown)),
    // The one write of which a repeat answers as the first time.
    collect: {
      prepare: unsealed,
      send: ({ outOrderNo }) => Promise.resolve({ ...ids, outOrderNo, orderId: 'o', order: paid }),
    },
    sync: { prepare: unsealed, send: down },
  },
  permissions: {
    ...stub.permissions,
    apply: () => Promise.resolve({ applyPermissionsToken: 'token' }),
    query: () => Promise.resolve(permission),
    terminate: () => Promise.reject(new PermissionInUseError(unknown)),
  },
});

/** The same application twice: with every operation compiled, and with none. */
async function both(): Promise<{ readonly compiled: App; readonly executed: App }> {
  const make = async (compileAfter: number) => {
    const now = 1_767_225_600_000;
    const ledger = await memoryLedger(() => now);
    for (const outOrderNo of ['A', 'B', 'C']) {
      await see(ledger, { ...ids, outOrderNo, occurredAt: now });
    }
    return createTestApp({ wechat, ledger, compileAfter, launchKey: () => undefined });
  };
  return { compiled: await make(1), executed: await make(Number.POSITIVE_INFINITY) };
}

const apps = await both();

/** Errors come in no order of meaning; everything else is compared as it is. */
async function answer(app: App, body: unknown): Promise<readonly unknown[]> {
  const response = await app.fetch(graphqlRequest(body));
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ? parsed(text) : text;
  const errors = at(json, 'errors');
  const sorted = Array.isArray(errors) ? errors.map((error) => JSON.stringify(error)).sort() : [];
  return [response.status, JSON.stringify(at(json, 'data')), sorted];
}

async function expectSame(body: unknown) {
  const expected = await answer(apps.executed, body);
  expect(await answer(apps.compiled, body)).toEqual(expected);
}

describe('a compiled operation answers as an executed one does', () => {
  const documents = [
    ...snippets.filter(({ language }) => language === 'graphql').map(({ code }) => code),
    ...[CREATE, QUERY, USER_STATE],
  ];
  test.each(documents.map((query) => [query]))('%s', async (query) => {
    const values = [
      {},
      { by: { outOrderNo: 'A' }, openid: 'o', input: orderInput({ outOrderNo: 'D1' }) },
      { by: { outOrderNo: 'A', queryId: 'q' }, openid: 1, input: { outOrderNo: '' } },
      { by: [], openid: null, input: [] },
    ];
    for (const variables of values) {
      await expectSame({ query, variables });
    }
  });

  test('a compiled operation gives the same result for every valid document', async () => {
    const property = fc.asyncProperty(randomRequest, expectSame);
    await fc.assert(property, { seed: 20_261_123, numRuns: 300 });
  }, 60_000);

  test('a compiled operation gives the same result for every input', async () => {
    const property = fc.asyncProperty(graphqlBody, expectSame);
    await fc.assert(property, { seed: 20_261_123, numRuns: 150 });
  }, 60_000);

  test.each([
    [
      'the errors of one field in many places',
      '{ a: payAfterOrder(by: { outOrderNo: "FAULT" }) { state } b: payAfterOrder(by: { outOrderNo: "" }) { state } }',
    ],
    [
      'names of JavaScript',
      '{ __proto__: __typename constructor: __typename toString: payAfterOrder(by: { outOrderNo: "A" }) { hasOwnProperty: state } }',
    ],
    [
      'fields that are selected twice',
      '{ payAfterOrder(by: { outOrderNo: "A" }) { state fees { feeName } } payAfterOrder(by: { outOrderNo: "A" }) { fees { feeCount } ...F } } fragment F on PayAfterOrder { stateRaw fees { feeDesc } }',
    ],
    ['introspection', '{ __schema { queryType { name } } __type(name: "Query") { name } }'],
  ])('%s', async (_, query) => {
    await expectSame({ query });
  });
});

test('operations are compiled separately, also those of one document', async () => {
  const app = createTestApp({ compileAfter: 1 });
  const query = 'query A { a: __typename } query B { b: __typename }';
  for (const operationName of ['A', 'B', 'A', 'B']) {
    const response = await app.fetch(graphqlRequest({ query, operationName }));
    const data = { [operationName.toLowerCase()]: 'Query' };
    expect(await response.json()).toEqual({ data });
  }
  expect(at(await run(app, query), 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
});

test('@skip and @include apply to each use of a fragment separately', async () => {
  const query = `query ($yes: Boolean!, $no: Boolean!) {
    a: payAfterOrder(by: { outOrderNo: "A" }) { ...F @include(if: $yes) }
    b: payAfterOrder(by: { outOrderNo: "A" }) { ...F @include(if: $no) stateRaw }
  } fragment F on PayAfterOrder { state }`;
  await expectSame({ query, variables: { yes: true, no: false } });
  await expectSame({ query, variables: { yes: false, no: true } });
});

test('an unexpected error is masked, and its location is reported', async () => {
  const query = '{\n  payAfterOrder(by: { outOrderNo: "FAULT" }) { state }\n}';
  await expectSame({ query });
  expect(await run(apps.compiled, query)).toEqual({
    data: { payAfterOrder: null },
    errors: [
      {
        message: 'Unexpected error.',
        locations: [{ line: 2, column: 3 }],
        path: ['payAfterOrder'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ],
  });
});

test('variables of the wrong type are rejected with 400, without their values', async () => {
  const variables = { by: { outOrderNo: 'secret', queryId: 'secret' } };
  const response = await apps.compiled.fetch(
    graphqlRequest({ query: QUERY, variables }, { accept: 'application/graphql-response+json' }),
  );
  const text = await response.text();
  expect([response.status, text]).toEqual([400, expect.not.stringContaining('secret')]);
});

test('the cache of compiled operations is bounded in bytes', async () => {
  const compiler = useCompiler({ afterHits: 1, maxBytes: MEGABYTE });
  const app = createYoga({
    schema,
    plugins: [compiler],
    parserAndValidationCache: false,
    logging: false,
  });
  const execute = async (index: number) => {
    const query = CREATE.replace('Create(', `M${index}(`);
    const request = graphqlRequest({ query, variables: { input: orderInput() } });
    await (await app.fetch(request)).text();
  };
  await execute(0);
  const before = heapUsed();
  for (let index = 1; index <= 500; index += 1) {
    await execute(index);
  }
  expect(heapUsed() - before).toBeLessThan(4 * MEGABYTE);
});

const MEGABYTE = 1024 * 1024;
