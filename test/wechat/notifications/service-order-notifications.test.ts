import { afterAll, expect, test } from 'vitest';
import { createWechatPay } from '../../../src/wechat/index.ts';
import type { JsonObject } from '../../fixtures/json.ts';
import { IDS, MCHID } from '../../fixtures/wechat/orders.ts';
import {
  notificationBody,
  notificationOptions,
  signedHeaders,
} from '../../fixtures/wechat/sdk-notification.ts';
import { PAID, PAID_ON_WIRE } from '../../fixtures/wechat/service-orders.ts';

const wechat = createWechatPay(notificationOptions());
afterAll(() => wechat.close());

/** What the client reads of a payload that the primitives of the SDK encrypt and sign. */
async function read(eventType: string, payload: JsonObject) {
  // Nothing of the usual order of a notification.
  const none = { state: undefined, attach: undefined, finish_ticket: undefined };
  const usual = { appid: undefined, mchid: undefined, service_id: undefined, ...none };
  const order = { ...usual, out_order_no: undefined, ...payload };
  const text = notificationBody({ id: 'n1', eventType, order });
  const headers = new Headers(signedHeaders(text));
  const header = (name: string) => headers.get(name);
  return await wechat.readNotification({ header, body: Buffer.from(text) });
}

test('each field of PAYSCORE.USER_PAID is read under its camelCase name', async () => {
  expect(await read('PAYSCORE.USER_PAID', PAID_ON_WIRE)).toMatchObject({
    id: 'n1',
    eventType: 'PAYSCORE.USER_PAID',
    order: null,
    serviceOrder: PAID,
    service: null,
  });
});

test('PAYSCORE.USER_CONFIRM is read with its user, and with an amount that arrives as text', async () => {
  const { collection: _, notify_url: __, ...shown } = PAID_ON_WIRE;
  const payload = {
    ...shown,
    state: 'DOING',
    state_description: 'USER_CONFIRM',
    total_amount: '40000',
  };
  expect((await read('PAYSCORE.USER_CONFIRM', payload)).serviceOrder).toEqual({
    ...PAID,
    state: 'DOING',
    stateDescription: 'USER_CONFIRM',
    totalAmount: 40_000,
    collection: null,
    notifyUrl: null,
  });
});

test.each<[string, string, JsonObject, object]>([
  [
    'USER_OPEN_SERVICE',
    'a permission',
    { mchid: MCHID, authorization_code: 'C|1' },
    { outRequestNo: null, authorizationCode: 'C|1' },
  ],
  [
    'USER_CLOSE_SERVICE',
    'an ordinary authorization, with the merchant as some samples call it',
    { mch_id: MCHID, out_request_no: 'R1' },
    { outRequestNo: 'R1', authorizationCode: null },
  ],
])('each field of PAYSCORE.%s of %s is read', async (status, _, key, fields) => {
  const notification = await read(`PAYSCORE.${status}`, {
    appid: IDS.appid,
    service_id: IDS.serviceId,
    openid: 'o1',
    user_service_status: status,
    openorclose_time: '20260706100101',
    ...key,
  });
  expect(notification).toMatchObject({ order: null, serviceOrder: null });
  expect(notification.service).toEqual({
    ...IDS,
    mchid: MCHID,
    openid: 'o1',
    userServiceStatus: status,
    openorcloseTime: '2026-07-06T10:01:01+08:00',
    ...fields,
  });
});
