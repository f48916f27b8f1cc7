import { expect, test } from 'vitest';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import { orderInput } from '../../fixtures/orders/services.ts';
import { useServices } from '../../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();

async function createAndRead(): Promise<readonly object[]> {
  const { ledger } = services();
  await createOrder(services(), orderInput(upstream())).catch(() => {});
  await ledger.idle();
  return await ledger.store.db
    .selectFrom('intents')
    .select(['status', 'client', 'request_id', 'attempts', 'outcome', 'reason'])
    .select(['http_status', 'wechat_code', 'wechat_message', 'wechat_request_id'])
    .execute();
}

const ORIGIN = { client: 'test', request_id: 'request-1' };
const ANSWERED = { wechat_request_id: expect.stringMatching(/^[\dA-F-]+$/) };
const SUCCESS = { reason: null, http_status: 200, wechat_code: null, wechat_message: null };
const NONE = {
  http_status: null,
  wechat_code: null,
  wechat_message: null,
  wechat_request_id: null,
};

test('a successful write is recorded with its client and the response of WeChat Pay', async () => {
  expect(await createAndRead()).toEqual([
    { ...ORIGIN, status: 'done', attempts: 1, outcome: 'took-effect', ...SUCCESS, ...ANSWERED },
  ]);
});

test('every attempt of a write is counted', async () => {
  await upstream().fault({ fault: 'status', status: 500, times: 1, on: 'create' });
  expect(await createAndRead()).toMatchObject([
    { status: 'done', attempts: 2, outcome: 'took-effect', ...SUCCESS, ...ANSWERED },
  ]);
});

test('a refusal is recorded with the code, message, status and Request-ID of WeChat Pay', async () => {
  const refusal = { status: 403, code: 'NO_AUTH', message: '商户无权限' };
  await upstream().fault({ fault: 'status', ...refusal, on: 'create', times: null });
  expect(await createAndRead()).toEqual([
    {
      ...ORIGIN,
      ...{ status: 'refused', attempts: 1, outcome: 'refused', reason: 'REFUSED' },
      ...{ http_status: 403, wechat_code: 'NO_AUTH', wechat_message: '商户无权限' },
      ...ANSWERED,
    },
  ]);
});

test('a rate limit is recorded as not accepted', async () => {
  await upstream().fault({
    fault: 'status',
    status: 429,
    code: 'FREQUENCY_LIMITED',
    on: 'create',
    times: null,
  });
  expect(await createAndRead()).toMatchObject([
    {
      ...{ status: 'refused', attempts: 3, outcome: 'not-accepted', reason: 'RATE_LIMITED' },
      ...{ http_status: 429, wechat_code: 'FREQUENCY_LIMITED' },
    },
  ]);
});

test('an unknown outcome is recorded with its reason, and stays open', async () => {
  await upstream().fault({ fault: 'reset-after', on: 'create', times: null });
  expect(await createAndRead()).toEqual([
    {
      ...ORIGIN,
      ...{ status: 'open', attempts: 3, outcome: 'unknown', reason: 'CONNECTION' },
      ...NONE,
    },
  ]);
});
