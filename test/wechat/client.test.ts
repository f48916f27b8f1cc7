import { describe, expect, test } from 'vitest';
import { at } from '../fixtures/json.ts';
import { rsaKeys } from '../fixtures/wechat/keys.ts';
import { aWholeOrder, IDS, MCHID, MERCHANT_SERIAL } from '../fixtures/wechat/orders.ts';
import { failureOf } from '../fixtures/wechat/sandbox-client.ts';
import { sdkFixture } from '../fixtures/wechat/sdk-client.ts';
import { clientOf, PUBLIC_KEY_ID, startSdkUpstream } from '../fixtures/wechat/sdk-upstream.ts';

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

test.each(['GET', 'POST'] as const)(
  'the error of a generic %s contains no value of its path that WeChat Pay quotes, and other messages',
  async (method) => {
    const merchant = rsaKeys();
    const wechatKey = rsaKeys();
    const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
    const messages = [
      'openid oUpF8uMuAJO is wrong',
      '13800138000 is wrong',
      '/names/%E5%BC%A0',
      '张 is wrong',
      '%E6%9D%8E? is wrong',
      '李? is wrong',
      'no payscore',
    ];
    const refuse = () => {
      const [message] = messages.splice(0, 1);
      return { status: 400, body: JSON.stringify({ code: 'PARAM_ERROR', message }) };
    };
    await using server = await startSdkUpstream(merchant.publicPem, signers, refuse);
    const own = clientOf(server.url, merchant, wechatKey);
    const path = '/v3/payscore/users/oUpF8uMuAJO/names/%E5%BC%A0?phone=13800138000&name=%E6%9D%8E?';
    const fail = () => failureOf(own.request(method, path, {}, method === 'POST' ? {} : undefined));
    for (let count = 0; count < 6; count += 1) {
      const error = await fail();
      expect(error).toMatchObject({ code: 'PARAM_ERROR' });
      expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/oUpF8|张|%E5|13800|李|%E6/);
    }
    expect(at(await fail(), 'message')).toContain('no payscore');
    await own.close();
  },
);

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
