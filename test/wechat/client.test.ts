import { describe, expect, test } from 'vitest';
import { aWholeOrder, IDS, MCHID, MERCHANT_SERIAL } from '../fixtures/wechat/orders.ts';
import { sdkFixture } from '../fixtures/wechat/sdk-client.ts';
import { PUBLIC_KEY_ID } from '../fixtures/wechat/sdk-upstream.ts';

const ORDERS = '/v3/payscore/payafter-orders';
const { wechat, sent, upstream } = sdkFixture();

describe('the generic request', () => {
  test('the generic request of a GET has a query and no body', async () => {
    const query = { mchid: MCHID, note: 'a b&c=押金', left_out: null, too: undefined };
    const request = await sent(() => wechat().request('GET', '/v3/pay/transactions/id/1', query));
    expect([request.method, request.target, request.body.length]).toEqual([
      'GET',
      `/v3/pay/transactions/id/1?mchid=${MCHID}&note=a%20b%26c%3D%E6%8A%BC%E9%87%91`,
      0,
    ]);
    expect(request.headers['content-type']).toBeUndefined();
  });

  test('the generic request of a POST sends the given body, and returns the response unchanged', async () => {
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

describe('a path that a server could read in another way', () => {
  test.each([
    ['without a slash in front', 'v3/x'],
    ['that is empty', ''],
    ['with a space', '/v3/a b'],
    ['with a line feed', '/v3/x\nPOST'],
    ['with a control character', '/v3/x\u007F'],
    ['with a letter that is not ASCII', '/v3/押金'],
    ['with the segment .', '/v3/./x'],
    ['with the segment .. at its end', '/v3/x/..'],
    ['with the encoded segment ..', '/v3/%2E%2e/x'],
    ['with the segment .. before a query', '/v3/..?a=1'],
  ])('an ambiguous path is a RangeError, and nothing is sent: %s', async (_, path) => {
    const before = upstream().seen.length;
    await expect(wechat().request('GET', path)).rejects.toThrow(RangeError);
    await expect(wechat().request('POST', path, {}, {})).rejects.toThrow(RangeError);
    expect(upstream().seen).toHaveLength(before);
  });

  test('a write to the order .. is a RangeError, because its path would be ambiguous', async () => {
    const before = upstream().seen.length;
    const request = { ...IDS, outOrderNo: '..', reason: '停用' };
    await expect(wechat().cancelPayAfterOrder(request)).rejects.toThrow(RangeError);
    expect(upstream().seen).toHaveLength(before);
  });

  test('a path with dots within a segment or in its query is not ambiguous', async () => {
    const request = await sent(() => wechat().request('GET', '/v3/...a..?b=/../c'));
    expect(request.target).toBe('/v3/...a..?b=/../c');
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
    'a call is signed over the same bytes and target that are sent: %s',
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
    'a call has the headers that WeChat Pay requires, and names its key: %s',
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
