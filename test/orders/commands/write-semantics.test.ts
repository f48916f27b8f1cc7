import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WRITE_SEMANTICS, type WriteSemantics } from '../../../src/domain/write-semantics.ts';
import { REFUSALS, type RefusalKind } from '../../../src/wechat/calls/refusals.ts';
import type { WechatPay } from '../../../src/wechat/index.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import {
  acceptedOrder,
  change,
  completeInput,
  create,
  createInput,
  finishedOrder,
  syncInput,
} from '../../fixtures/app/order-operations.ts';
import {
  acceptedServiceOrder,
  completedServiceOrder,
  lowered,
  type ServiceOrderWriteName,
  serviceOrderEnd,
  serviceOrderInput,
  serviceOrderSync,
  writeServiceOrder,
} from '../../fixtures/app/service-order-operations.ts';
import { rowsOf } from '../../fixtures/docs/tables.ts';
import type { JsonObject } from '../../fixtures/json.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { IDS } from '../../fixtures/wechat/orders.ts';
import { failureOf } from '../../fixtures/wechat/sandbox-client.ts';
import { clientOf, PUBLIC_KEY_ID, startSdkUpstream } from '../../fixtures/wechat/sdk-upstream.ts';
import { CREATED_ON_WIRE } from '../../fixtures/wechat/service-orders.ts';

const { PAY_AFTER, SERVICE_ORDER } = WRITE_SEMANTICS;
let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterAll(() => fixture.close());

/** A write of a row: its input, and other input under the same number. */
interface Case {
  readonly row: WriteSemantics;
  readonly kind: 'create' | 'complete' | 'modify' | 'cancel' | 'pay' | 'sync';
  readonly input: () => Promise<JsonObject>;
  readonly other: JsonObject;
  readonly write: (input: JsonObject) => Promise<unknown>;
}

const payAfter = (name: 'complete' | 'cancel' | 'sync') => (input: JsonObject) =>
  change(fixture, name, input, 'replayed');
const service = (name: ServiceOrderWriteName) => (input: JsonObject) =>
  writeServiceOrder(fixture, name, input);
const reason = { reason: '用户投诉' };
const paidTime = { detail: { paidTime: '20260706100101' } };

/** By the name of the mutation. */
const CASES: Readonly<Record<string, Case>> = {
  createPayAfterOrder: {
    row: PAY_AFTER.create,
    kind: 'create',
    input: async () => createInput(),
    other: { riskAmount: 1 },
    write: (input) => create(fixture, input, 'replayed'),
  },
  completePayAfterOrder: {
    row: PAY_AFTER.complete,
    kind: 'complete',
    input: async () => completeInput(await acceptedOrder(fixture)),
    other: { profitSharing: true },
    write: payAfter('complete'),
  },
  cancelPayAfterOrder: {
    row: PAY_AFTER.cancel,
    kind: 'cancel',
    input: async () => ({ outOrderNo: await acceptedOrder(fixture), ...reason }),
    other: { reason: 'x' },
    write: payAfter('cancel'),
  },
  syncPayAfterOrder: {
    row: PAY_AFTER.sync,
    kind: 'sync',
    input: async () => syncInput(fixture, await finishedOrder(fixture)),
    other: paidTime,
    write: payAfter('sync'),
  },
  createServiceOrder: {
    row: SERVICE_ORDER.create,
    kind: 'create',
    input: async () => serviceOrderInput(),
    other: { serviceIntroduction: 'x' },
    write: service('create'),
  },
  completeServiceOrder: {
    row: SERVICE_ORDER.complete,
    kind: 'complete',
    input: async () => serviceOrderEnd(await acceptedServiceOrder(fixture)),
    other: { goodsTag: 'x' },
    write: service('complete'),
  },
  modifyServiceOrder: {
    row: SERVICE_ORDER.modify,
    kind: 'modify',
    input: async () => lowered(await completedServiceOrder(fixture), 700),
    other: { postPayments: [{ name: '租金', amount: 500 }], totalAmount: 500 },
    write: service('modify'),
  },
  cancelServiceOrder: {
    row: SERVICE_ORDER.cancel,
    kind: 'cancel',
    input: async () => ({ outOrderNo: await acceptedServiceOrder(fixture), ...reason }),
    other: { reason: 'x' },
    write: service('cancel'),
  },
  collectServiceOrder: {
    row: SERVICE_ORDER.collect,
    kind: 'pay',
    input: async () => ({ outOrderNo: await completedServiceOrder(fixture) }),
    other: {},
    write: service('collect'),
  },
  syncServiceOrder: {
    row: SERVICE_ORDER.sync,
    kind: 'sync',
    input: async () => serviceOrderSync(fixture, await completedServiceOrder(fixture)),
    other: paidTime,
    write: service('sync'),
  },
};

describe.each(Object.entries(CASES))('%s', (_, { row, kind, input, other, write }) => {
  test(`a repeat after success: ${row.repeat}; other input: ${row.otherInput}`, async () => {
    const given = await input();
    expect(await write(given)).toMatchObject({ replayed: false });
    const [first] = fixture.calls(kind).slice(-1);
    fixture.resetCalls();
    expect(await write(given)).toMatchObject({ replayed: row.repeat !== 'send each time' });
    const again = fixture.calls(kind).map(({ bodySha256 }) => bodySha256);
    expect(again).toEqual(row.repeat === 'query, then send' ? [] : [first?.bodySha256]);
    expect(fixture.calls('query').length > 0 || row.repeat !== 'query, then send').toBe(true);
    fixture.resetCalls();
    expect(await write({ ...given, ...other })).toMatchObject(
      row.otherInput === 'conflict' ? { code: 'ORDER_CONFLICT' } : { replayed: false },
    );
    expect(fixture.calls(kind)).toHaveLength(row.otherInput === 'conflict' ? 0 : 1);
  });
});

test('there is a case for every row of the table', () => {
  const rows = [PAY_AFTER, SERVICE_ORDER].flatMap((product) => Object.values(product));
  expect(Object.values(CASES).map(({ row }) => row)).toEqual(expect.arrayContaining(rows));
  expect(Object.keys(CASES)).toHaveLength(rows.length);
});

/** The words of the Chinese table. */
const CHINESE: Readonly<Record<string, string>> = {
  参数和所属用户: 'input and owner',
  参数: 'input',
  '参数，不含完结凭证': 'input without ticket',
  冲突: 'conflict',
  结果不明时冲突: 'conflict while open',
  原样重发相同的请求报文: 'send same bytes',
  先查询再发送: 'query, then send',
  每次都发送: 'send each time',
  所创建的内容: 'what was created',
  总金额: 'total amount',
  待收金额: 'amount to collect',
  状态: 'state',
  状态和收款渠道: 'state and who collected',
};

test.each([
  ['docs/explanation/guarantees.md', 'Write', 'Error number'],
  ['docs/zh/explanation/guarantees.md', '写操作', '错误编号'],
])('%s has the tables of the code', (page, writes, numbers) => {
  const rows = rowsOf(page, writes).map(([name = '', ...cells]) => [
    name.replaceAll('`', ''),
    ...cells.map((cell) => CHINESE[cell] ?? cell),
  ]);
  expect(rows).toEqual(
    Object.entries(CASES).map(([name, { row }]) => [
      name,
      row.compared,
      row.otherInput,
      row.repeat,
      row.resolvedBy,
    ]),
  );
  const refusals = rowsOf(page, numbers).map(([number = '', result = '']) =>
    [number, result].map((cell) => cell.replaceAll('`', '')),
  );
  expect(refusals).toEqual(
    [...REFUSALS].map(([number, kind]) => [String(number), RESULT_OF[kind]]),
  );
});

const RESULT_OF: Readonly<Record<RefusalKind, string>> = {
  'not-found': 'OrderNotFoundError',
  state: 'OrderStateError',
  conflict: 'OrderConflictError',
  busy: 'OrderBusyError',
  input: 'WechatRefusedError',
  'debit-failed': 'WechatRefusedError',
  rate: 'WechatRefusedError',
  user: 'WechatRefusedError',
  configuration: 'WechatRefusedError',
};

describe('a refusal', () => {
  let refusal = { number: 0, status: 400 };
  let client: WechatPay;
  let stop = () => Promise.resolve();
  beforeAll(async () => {
    const merchant = rsaKeys();
    const wechatKey = rsaKeys();
    const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
    const upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method }) =>
      method === 'GET'
        ? { body: JSON.stringify(CREATED_ON_WIRE) }
        : {
            status: refusal.status,
            body: JSON.stringify({ code: 'INVALID_REQUEST', message: '' }),
            requestId: `08F4-${refusal.number}`,
          },
    );
    client = clientOf(upstream.url, merchant, wechatKey);
    stop = async () => {
      await client.close();
      await upstream[Symbol.asyncDispose]();
    };
  });
  afterAll(() => stop());

  test.each([...REFUSALS])('a refusal with the number %i is about: %s', async (number, kind) => {
    refusal = { number, status: kind === 'not-found' ? 404 : 400 };
    const request = { ...IDS, outOrderNo: 'S1', ...reason };
    const error = await failureOf(client.serviceOrders.cancel.send(request));
    expect(error).toMatchObject({ name: RESULT_OF[kind] });
  });
});
