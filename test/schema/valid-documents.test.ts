import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode } from '../../src/wechat/codec/codec.ts';
import { serviceOrder } from '../../src/wechat/codec/service-order-types.ts';
import {
  OrderBusyError,
  OrderNotFoundError,
  OrderStateError,
  PermissionInUseError,
  WechatUnavailableError,
} from '../../src/wechat/index.ts';
import { malformation } from '../fixtures/app/answer-checks.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  run,
  stubWechat,
  unsealed,
} from '../fixtures/app/test-app.ts';
import { payAfterOrder } from '../fixtures/graphql/pay-after-order.ts';
import { randomRequest } from '../fixtures/graphql/random-documents.ts';
import { at } from '../fixtures/json.ts';
import { see } from '../fixtures/ledger/observations.ts';
import { PAID_ON_WIRE } from '../fixtures/wechat/service-orders.ts';

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

const now = 1_767_225_600_000;

/** Orders A, B and C are on record. */
async function openApp() {
  const ledger = await memoryLedger(() => now);
  for (const outOrderNo of ['A', 'B', 'C']) {
    await see(ledger, { ...ids, outOrderNo, occurredAt: now });
  }
  return createTestApp({ wechat, ledger, launchKey: () => undefined });
}

const app = await openApp();

test('every valid document, with whatever variables, gets a well-formed response', async () => {
  const property = fc.asyncProperty(randomRequest, async (request) => {
    const response = await app.fetch(graphqlRequest(request));
    expect(await malformation(response)).toEqual([]);
    const isFault = JSON.stringify(request.variables).includes('FAULT');
    if (!isFault) {
      expect(await response.text()).not.toContain('INTERNAL_SERVER_ERROR');
    }
  });
  await fc.assert(property, { seed: 20_261_123, numRuns: 300 });
}, 60_000);

test('an unexpected error is masked, and its location is reported', async () => {
  const query = '{\n  payAfterOrder(by: { outOrderNo: "FAULT" }) { state }\n}';
  expect(await run(app, query)).toEqual({
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

test('operations of one document are selected by name', async () => {
  const query = 'query A { a: __typename } query B { b: __typename }';
  for (const operationName of ['A', 'B', 'A', 'B']) {
    const response = await app.fetch(graphqlRequest({ query, operationName }));
    const data = { [operationName.toLowerCase()]: 'Query' };
    expect(await response.json()).toEqual({ data });
  }
  expect(at(await run(app, query), 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
});
