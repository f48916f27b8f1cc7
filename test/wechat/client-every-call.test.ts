import { describe, expect, test } from 'vitest';
import { aWholeOrder, IDS, MCHID, MERCHANT_SERIAL } from './orders.ts';
import { sdkFixture } from './sdk-client.ts';
import { PUBLIC_KEY_ID } from './sdk-upstream.ts';

const ORDERS = '/v3/payscore/payafter-orders';
const { wechat, sent } = sdkFixture();

describe('the generic request', () => {
  test('of a GET has a query and no body', async () => {
    const query = { mchid: MCHID, note: 'a b&c=押金', left_out: null, too: undefined };
    const request = await sent(() => wechat().request('GET', '/v3/pay/transactions/id/1', query));
    expect([request.method, request.target, request.body.length]).toEqual([
      'GET',
      `/v3/pay/transactions/id/1?mchid=${MCHID}&note=a%20b%26c%3D%E6%8A%BC%E9%87%91`,
      0,
    ]);
    expect(request.headers['content-type']).toBeUndefined();
  });

  test('of a POST has the body as it is given, and gives the answer as it is', async () => {
    const call = { answer: {} };
    const request = await sent(async () => {
      call.answer = await wechat().request('POST', `${ORDERS}/A1/cancel`, {}, { reason: '押金' });
    });
    expect([request.method, request.target, request.body.toString()]).toEqual([
      'POST',
      `${ORDERS}/A1/cancel`,
      '{"reason":"押金"}',
    ]);
    expect(call.answer).toEqual({
      appid: IDS.appid,
      service_id: IDS.serviceId,
      mchid: MCHID,
      out_order_no: 'A1',
      order_id: '15646546545165651651',
    });
  });
});

describe('every call', () => {
  const calls: readonly [string, () => Promise<unknown>][] = [
    ['create', () => wechat().createPayAfterOrder(aWholeOrder())],
    ['query', () => wechat().queryPayAfterOrder({ ...IDS, outOrderNo: '订单 1|*' })],
    ['user state', () => wechat().queryUserServiceState({ ...IDS, openid: 'o' })],
    ['POST', () => wechat().request('POST', '/v3/x', { a: '1' }, { b: '押金\n' })],
  ];

  test.each(calls)(
    'is signed over the very bytes and target that are sent: %s',
    async (_, call) => {
      const { verified, authorization } = await sent(call);
      expect(verified).toBe(true);
      expect([...authorization.keys()].toSorted()).toEqual([
        'mchid',
        'nonce_str',
        'serial_no',
        'signature',
        'timestamp',
      ]);
      expect(authorization.get('mchid')).toBe(MCHID);
      expect(authorization.get('serial_no')).toBe(MERCHANT_SERIAL);
      expect(authorization.get('nonce_str')).toMatch(/^[0-9a-f]{32}$/);
      const off = Number(authorization.get('timestamp')) - Date.now() / 1000;
      expect(Math.abs(off)).toBeLessThan(5);
    },
  );

  test.each(calls)(
    "has the headers that WeChat asks for, and names WeChat's key: %s",
    async (_, call) => {
      const { headers, body } = await sent(call);
      expect(headers).toMatchObject({
        accept: 'application/json',
        'user-agent': expect.stringMatching(/\w/),
        'wechatpay-serial': PUBLIC_KEY_ID,
        ...(body.length > 0 && { 'content-type': 'application/json' }),
      });
    },
  );
});
