import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AppParts } from '../../src/app.ts';
import { createRateLimit } from '../../src/auth/rate-limit.ts';
import { LedgerUnavailableError } from '../../src/ledger/ledger.ts';
import { schema } from '../../src/schema/index.ts';
import { OrderBusyError, PermissionInUseError } from '../../src/wechat/index.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { as, knowing, shopper } from '../fixtures/app/callers.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import {
  lineOf,
  OPENID,
  PLACE,
  personal,
  promised,
  type Seen,
  seenOf,
} from '../fixtures/app/operation-lines.ts';
import { create, createInput } from '../fixtures/app/order-operations.ts';
import {
  createTestApp,
  graphqlRequest,
  memoryLedger,
  stubWechat,
} from '../fixtures/app/test-app.ts';
import { codeIn } from '../fixtures/docs/documents.ts';
import { namesIn, rowsOf } from '../fixtures/docs/tables.ts';
import { CREATE, QUERY } from '../fixtures/graphql/documents.ts';
import { newOutOrderNo } from '../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../fixtures/json.ts';
import { notStarted } from './failures.ts';

const ONE = { perSecond: 1, burst: 1 };

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({
    timeoutMs: 2_400,
    resources: { inputRules: 'confirmed' },
  });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const CANCEL = `mutation ($input: CancelPayAfterOrderInput!) {
  cancelPayAfterOrder(input: $input) { ... on UserError { code } }
}`;

const created = (outOrderNo: string, changes: JsonObject = {}) =>
  seenOf({ ...fixture.app, log: fixture.log }, CREATE, { input: personal(outOrderNo, changes) });
const canceled = (outOrderNo: string) =>
  seenOf({ ...fixture.app, log: fixture.log }, CANCEL, { input: { outOrderNo, reason: PLACE } });
const queried = (outOrderNo: string) =>
  seenOf({ ...fixture.app, log: fixture.log }, QUERY, { by: { outOrderNo } });

/** More than the five that are allowed. */
const DISCOUNTS = Array.from({ length: 6 }, (_, index) => ({ discountName: `优惠${index}` }));

/** What causes each outcome of a write. */
const WRITES: Readonly<Record<string, (outOrderNo: string) => Promise<Seen>>> = {
  INVALID_INPUT: (outOrderNo) => created(outOrderNo, { discounts: DISCOUNTS }),
  ORDER_CONFLICT: async (outOrderNo) => {
    await created(outOrderNo);
    return await created(outOrderNo, { riskAmount: 9_000 });
  },
  ORDER_NOT_FOUND: canceled,
  ORDER_STATE: async (outOrderNo) => {
    await create(fixture, { outOrderNo });
    await fixture.user('expire', outOrderNo);
    return await canceled(outOrderNo);
  },
  ORDER_BUSY: (outOrderNo) => {
    const answer = { status: 400, code: 'INVALID_REQUEST', requestId: '08F4-271316754' };
    const wechat = stubWechat({
      cancelPayAfterOrder: (_, options) => {
        options?.onSent?.({ attempts: 1, reason: null, ...answer });
        return Promise.reject(new OrderBusyError(outOrderNo, answer));
      },
    });
    const input = { outOrderNo, reason: PLACE };
    return seenOf(createTestApp({ wechat }), CANCEL, { input });
  },
  ORDER_NOT_STARTED: (outOrderNo) => notStarted(fixture, outOrderNo),
  WECHAT_REFUSED: async (outOrderNo) => {
    await fixture.inject({ on: 'create', fault: 'status', status: 403, code: 'NO_AUTH' });
    return await created(outOrderNo);
  },
  WECHAT_UNAVAILABLE: async (outOrderNo) => {
    await fixture.injectUntilCleared({ on: 'create', fault: 'status', status: 429 });
    return await created(outOrderNo);
  },
  OUTCOME_UNKNOWN: async (outOrderNo) => {
    await fixture.injectUntilCleared({ on: 'any', fault: 'reset-after' });
    return await created(outOrderNo);
  },
  LEDGER_UNAVAILABLE: async (outOrderNo) => {
    const real = await memoryLedger();
    const full = Object.assign(new Error(PLACE), { code: 'SQLITE_FULL' });
    const acquireIntent = () => Promise.reject(new LedgerUnavailableError(full));
    const app = createTestApp({ ledger: { ...real, acquireIntent } });
    const seen = await seenOf(app, CREATE, { input: personal(outOrderNo) });
    expect(seen.text).toContain('"cause":"SQLITE_FULL"');
    await real.close();
    return seen;
  },
  INTERNAL_SERVER_ERROR: (outOrderNo) => {
    const wechat = stubWechat({ createPayAfterOrder: () => Promise.reject(new Error(PLACE)) });
    return seenOf(createTestApp({ wechat }), CREATE, { input: personal(outOrderNo) });
  },
};

/** What causes each code of a query that is executed. */
const QUERIES: Readonly<Record<string, (outOrderNo: string) => Promise<Seen>>> = {
  WECHAT_REFUSED: async (outOrderNo) => {
    await fixture.inject({ on: 'query', fault: 'status', status: 400, code: 'PARAM_ERROR' });
    return await queried(outOrderNo);
  },
  WECHAT_UNAVAILABLE: async (outOrderNo) => {
    await fixture.injectUntilCleared({ on: 'query', fault: 'status', status: 429 });
    return await queried(outOrderNo);
  },
  WECHAT_UNTRUSTED: async (outOrderNo) => {
    await create(fixture, { outOrderNo });
    await fixture.injectUntilCleared({ on: 'query', fault: 'unsigned' });
    return await queried(outOrderNo);
  },
  LEDGER_UNAVAILABLE: async (outOrderNo) => {
    const real = await memoryLedger();
    const findOwnership = () => Promise.reject(new LedgerUnavailableError());
    const authenticator = { ...knowing({}), authenticate: () => shopper(OPENID) };
    const app = createTestApp({ ledger: { ...real, findOwnership }, authenticator });
    const seen = await seenOf(app, QUERY, { by: { outOrderNo } });
    await real.close();
    return seen;
  },
  INTERNAL_SERVER_ERROR: (outOrderNo) => {
    const wechat = stubWechat({ queryPayAfterOrder: () => Promise.reject(new Error('broken')) });
    return seenOf(createTestApp({ wechat }), QUERY, { by: { outOrderNo } });
  },
};

describe('a failed write is one line with its order number', () => {
  test('every error of a mutation is tried here', () => {
    const type = schema.getType('ErrorCode');
    const codes = type && 'getValues' in type ? type.getValues().map(({ name }) => name) : [];
    expect(codes).not.toEqual([]);
    const tried = [...Object.keys(WRITES), 'PERMISSION_IN_USE'];
    expect(tried.toSorted()).toEqual([...codes, 'INTERNAL_SERVER_ERROR'].toSorted());
  });

  test.each(Object.entries(WRITES))('a write that ends as %s is one line', async (code, fail) => {
    const outOrderNo = newOutOrderNo();
    const seen = await fail(outOrderNo);
    expect(JSON.stringify(seen.answer)).toContain(code);
    lineOf(seen, outOrderNo, code);
  });

  test('the reference of the log names every outcome that is tried here, and no other', () => {
    const outcomes = new Set([...Object.keys(WRITES), ...Object.keys(QUERIES), 'OK']);
    expect([...promised.keys()].toSorted()).toEqual([...outcomes].toSorted());
  });
});

// It names no order, so that it is one of the lines that are counted.
test('a permission that cannot end is one line without the user', async () => {
  const log = collectLog();
  const answer = { status: 400, code: 'INVALID_REQUEST', requestId: '08F4' };
  const terminate = () => Promise.reject(new PermissionInUseError(answer));
  const { permissions } = stubWechat();
  const app = createTestApp(
    { wechat: stubWechat({ permissions: { ...permissions, terminate } }) },
    log,
  );
  const query = `mutation ($input: TerminateServicePermissionInput!) {
    terminateServicePermission(input: $input) { ... on UserError { code } }
  }`;
  const variables = { input: { by: { openid: OPENID }, reason: PLACE } };
  await app.fetch(graphqlRequest({ query, variables }));
  expect(log.entries()).toMatchObject([
    {
      level: 'info',
      msg: 'request rejected',
      operation: 'terminateServicePermission',
      outcome: 'PERMISSION_IN_USE',
      wechatCode: 'INVALID_REQUEST',
    },
  ]);
  expect(log.text()).not.toMatch(new RegExp(`outOrderNo|${OPENID}|${PLACE}`));
});

describe('a failed query is one line with its order number', () => {
  test('every code of a query that was executed is tried here', () => {
    const executed = rowsOf('docs/reference/graphql-errors.md', 'Code')
      .filter(([, , isExecuted = '']) => isExecuted !== 'no')
      .flatMap(([code = '']) => codeIn(code));
    expect([...Object.keys(QUERIES), 'LAUNCH_NOT_CONFIGURED'].toSorted()).toEqual(
      executed.toSorted(),
    );
  });

  test.each(Object.entries(QUERIES))('a query that ends as %s is one line', async (code, fail) => {
    const outOrderNo = newOutOrderNo();
    const seen = await fail(outOrderNo);
    expect(at(seen.answer, 'errors', 0, 'message')).toEqual(expect.any(String));
    lineOf(seen, outOrderNo, code);
  });

  test('a query by queryId that fails is a line without an order number and without the id', async () => {
    await fixture.inject({ on: 'query', fault: 'status', status: 400, code: 'PARAM_ERROR' });
    await fixture.order({ queryId: 'QUERYID13800138000' });
    expect(fixture.log.entries()).toMatchObject([{ outcome: 'WECHAT_REFUSED', status: 400 }]);
    expect(fixture.log.text()).not.toMatch(/outOrderNo|QUERYID/);
  });
});

test('a write that succeeds is a line at the level debug, and none otherwise', async () => {
  const outOrderNo = newOutOrderNo();
  await created(outOrderNo);
  expect(fixture.log.entries()).toEqual([]);
  fixture.log.log.level = 'debug';
  await created(outOrderNo);
  fixture.log.log.level = 'info';
  expect(fixture.log.entries()).toMatchObject([
    {
      level: 'debug',
      msg: 'write succeeded',
      operation: 'createPayAfterOrder',
      outOrderNo,
      outcome: 'OK',
      attempts: 1,
      status: 200,
      wechatRequestId: expect.any(String),
    },
  ]);
});

describe('a request that is not executed, or that names no order, is one line a minute of its code', () => {
  const rateLimit = () => createRateLimit(ONE, ONE);
  const trustedDocuments = new Map([['known', '{ __typename }']]);
  const authenticator = knowing({ user: shopper(OPENID) });
  const stranger = { query: '{ userServiceState(openid: "oSomebodyElse") { appid } }' };
  const typename = { query: '{ __typename }' };
  // Valid: the variable has a default. Only execution finds that it is null.
  const NULL_ARGUMENT =
    'query ($number: String = "x") { orderRecord(outOrderNo: $number) { status } }';
  const cases: readonly [string, Partial<AppParts>, object][] = [
    ['GRAPHQL_PARSE_FAILED', {}, { query: '{' }],
    ['GRAPHQL_VALIDATION_FAILED', {}, { query: '{ nothing }' }],
    ['BAD_USER_INPUT', {}, { query: QUERY, variables: { by: OPENID } }],
    ['BAD_USER_INPUT', {}, { query: NULL_ARGUMENT, variables: { number: null } }],
    ['FORBIDDEN', { authenticator }, stranger],
    ['RATE_LIMITED', { rateLimit: rateLimit() }, typename],
    ['TRUSTED_DOCUMENTS_ONLY', { trustedDocuments }, typename],
    ['DOCUMENT_ID_REQUIRED', { trustedDocuments }, { variables: {} }],
    ['DOCUMENT_NOT_FOUND', { trustedDocuments }, { documentId: 'other' }],
  ];

  test.each(cases)('a request with the error %s is one line a minute', async (why, parts, body) => {
    const app = createTestApp(parts);
    for (let index = 0; index < 3; index += 1) {
      await app.fetch(graphqlRequest(body, as('user')));
    }
    expect(app.log.entries()).toMatchObject([
      { level: 'info', msg: 'request rejected', why, caller: expect.any(String) },
    ]);
    expect(app.log.text()).not.toMatch(/oSomebodyElse|oUpF8/);
  });

  // transports.test.ts and error-bodies.test.ts look for their lines.
  test('every other code is tried over each transport, or has another line', () => {
    const others = namesIn(rowsOf('docs/reference/graphql-errors.md', 'Code')).filter(
      (code) => !(code in QUERIES) && !cases.some(([known]) => known === code),
    );
    expect(others).toEqual([
      ...['UNAUTHENTICATED', 'AUTHENTICATION_UNAVAILABLE', 'BAD_REQUEST', 'NOT_FOUND'],
      ...['METHOD_NOT_ALLOWED', 'NOT_ACCEPTABLE', 'UNSUPPORTED_MEDIA_TYPE'],
      ...['REQUEST_ENTITY_TOO_LARGE', 'REQUEST_HEADERS_TOO_LARGE', 'REQUEST_TIMEOUT'],
      ...['PERSISTED_QUERY_NOT_SUPPORTED', 'OVERLOADED'],
      ...['TOO_MANY_STREAMS', 'SHUTTING_DOWN', 'LAUNCH_NOT_CONFIGURED'],
    ]);
  });
});

test('launch data that cannot be signed is one line a minute', async () => {
  const launch = `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
    ... on CreatePayAfterOrderPayload { launch { queryString } } } }`;
  const keyless = await createAppWithSandbox({ resources: { launchKey: () => undefined } });
  await keyless.run(launch, { input: createInput() });
  await keyless.run(launch, { input: createInput() });
  expect(keyless.log.entries()).toMatchObject([
    { level: 'warn', msg: 'launch data not signed: set WECHAT_APIV2_KEY' },
  ]);
  await keyless.close();
});
