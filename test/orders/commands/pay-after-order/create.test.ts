import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOrder } from '../../../../src/orders/commands/pay-after-order/create.ts';
import { handleNotification } from '../../../../src/orders/notifications/handle-notification.ts';
import { InvalidInputError } from '../../../../src/orders/rules/field-rules.ts';
import {
  OrderConflictError,
  OrderOutcomeUnknownError,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../../../src/wechat/index.ts';
import {
  eventsOf,
  MCHID,
  orderNotification,
  orderOf,
} from '../../../fixtures/ledger/observations.ts';
import {
  openServices,
  orderInput,
  startUpstream,
  type TestServices,
  type Upstream,
} from '../../../fixtures/orders/services.ts';

let upstream: Upstream;
let services: TestServices;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
beforeEach(async () => {
  services = await openServices(upstream);
});
afterEach(async () => {
  await upstream.control('DELETE', 'faults');
  await services.ledger.close();
});

const bytesOf = (from = 0) =>
  upstream
    .calls('create')
    .slice(from)
    .map(({ bodySha256 }) => bodySha256);
const intents = () => services.ledger.store.db.selectFrom('intents').selectAll().execute();

test('a create makes an order at WeChat Pay, and records its owner, its amount and one event', async () => {
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
  const input = orderInput(upstream, { needUserConfirm: false, openid });
  const answer = await createOrder(services, input);
  await services.ledger.idle();
  expect(answer).toMatchObject({ outOrderNo: input.outOrderNo, orderId: expect.any(String) });
  expect(await orderOf(services.ledger, input.outOrderNo)).toMatchObject({
    state: 'USER_ACCEPTED',
    risk_amount: 9_900,
    owner: services.ledger.ownerOf(openid),
  });
  expect(await eventsOf(services.ledger)).toMatchObject([
    { state: 'USER_ACCEPTED', source: 'MUTATION' },
  ]);
  expect(await intents()).toMatchObject([{ status: 'done', check_at: null }]);
});

test('the intent is durable before a byte is sent to WeChat Pay', async () => {
  const order = orderInput(upstream);
  const seen: number[] = [];
  const watching = {
    ...services,
    wechat: {
      ...services.wechat,
      createPayAfterOrder: async (
        ...call: Parameters<typeof services.wechat.createPayAfterOrder>
      ) => {
        seen.push((await intents()).length);
        return services.wechat.createPayAfterOrder(...call);
      },
    },
  };
  await createOrder(watching, order);
  expect(seen).toEqual([1]);
});

test('a create that breaks a rule is neither recorded nor sent', async () => {
  const from = upstream.calls('create').length;
  await expect(createOrder(services, orderInput(upstream, { riskAmount: 0 }))).rejects.toThrow(
    InvalidInputError,
  );
  expect(await intents()).toEqual([]);
  expect(bytesOf(from)).toEqual([]);
});

describe('the same input again', () => {
  test('the same input sends the same bytes again, although each encryption differs', async () => {
    const from = upstream.calls('create').length;
    const input = orderInput(upstream, { phone: '13800138000', name: '张三' });
    const first = await createOrder(services, input);
    const second = await createOrder(services, input);
    expect(second).toEqual({ ...first, replayed: true });
    const sent = bytesOf(from);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  test('ten concurrent creates with the same input are one order and one event', async () => {
    const from = upstream.calls('create').length;
    const input = orderInput(upstream, { phone: '13800138000' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => createOrder(services, input)),
    );
    await services.ledger.idle();
    expect(new Set(answers.map(({ orderId }) => orderId)).size).toBe(1);
    expect(new Set(bytesOf(from)).size).toBe(1);
    expect(await eventsOf(services.ledger)).toHaveLength(1);
  });

  test('an explicit default or a time in another zone is the same input', async () => {
    const input = orderInput(upstream, { serviceEndTime: '2031-12-25T09:10:10+08:00' });
    await createOrder(services, input);
    const same = { ...input, serviceEndTime: '2031-12-25T01:10:10Z', attach: null };
    await expect(createOrder(services, same)).resolves.toMatchObject({
      outOrderNo: input.outOrderNo,
    });
  });

  test('the same number with any other input is a conflict without a call', async () => {
    const input = orderInput(upstream, { phone: '13800138000' });
    await createOrder(services, input);
    const from = upstream.calls('create').length;
    for (const change of [{ phone: '13800138001' }, { riskAmount: 9_901 }, { attach: 'x' }]) {
      await expect(createOrder(services, { ...input, ...change })).rejects.toThrow(
        OrderConflictError,
      );
    }
    expect(bytesOf(from)).toEqual([]);
  });
});

test('a refused number may be used again immediately, with corrected input', async () => {
  const refuse = { on: 'create', fault: 'status', status: 400, code: 'PARAM_ERROR' };
  for (let round = 0; round < 20; round += 1) {
    await upstream.fault(refuse);
    const input = orderInput(upstream);
    await expect(createOrder(services, input)).rejects.toThrow(WechatRefusedError);
    const corrected = { ...input, riskAmount: 100 };
    await expect(createOrder(services, corrected)).resolves.toMatchObject({
      outOrderNo: input.outOrderNo,
    });
  }
});

test('a create that was not accepted releases its number', async () => {
  await upstream.fault({ on: 'create', fault: 'status', status: 429, times: 3 });
  const input = orderInput(upstream);
  await expect(createOrder(services, input)).rejects.toThrow(WechatUnavailableError);
  await services.ledger.idle();
  expect(await intents()).toMatchObject([{ status: 'refused' }]);
});

test('after an unknown outcome the intent stays open, and the same input finds the order', async () => {
  await upstream.fault({ on: 'create', fault: 'reset-after', times: 3 });
  const input = orderInput(upstream, { phone: '13800138000' });
  const from = upstream.calls('create').length;
  await expect(createOrder(services, input)).rejects.toThrow(OrderOutcomeUnknownError);
  await services.ledger.idle();
  expect(await intents()).toMatchObject([{ status: 'open' }]);
  await expect(createOrder(services, input)).resolves.toMatchObject({
    orderId: expect.any(String),
  });
  expect(bytesOf(from)).toHaveLength(4);
  expect(new Set(bytesOf(from)).size).toBe(1);
});

test('a notification before the response leaves one order, one owner and no earlier state', async () => {
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
  const input = orderInput(upstream, { needUserConfirm: false, openid });
  const { appid, serviceId, outOrderNo } = input;
  const order = { appid, serviceId, outOrderNo, state: 'USER_ACCEPTED' };
  const wechat = {
    ...services.wechat,
    createPayAfterOrder: async (
      ...call: Parameters<typeof services.wechat.createPayAfterOrder>
    ) => {
      const answer = await services.wechat.createPayAfterOrder(...call);
      await handleNotification(services.ledger, { mchid: MCHID }, orderNotification('n1', order));
      return answer;
    },
  };
  await createOrder({ ...services, wechat }, input);
  await services.ledger.idle();
  expect(await orderOf(services.ledger, outOrderNo)).toMatchObject({
    state: 'USER_ACCEPTED',
    owner: services.ledger.ownerOf(openid),
    risk_amount: 9_900,
  });
  expect(await eventsOf(services.ledger)).toMatchObject([{ source: 'NOTIFICATION' }]);
});
