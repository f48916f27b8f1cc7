import { describe, expect, test } from 'vitest';
import { Rsa } from 'wechatpay-axios-plugin';
import { anOrder, aWholeOrder, IDS, PERSONAL } from '../../fixtures/wechat/orders.ts';
import { sdkFixture } from '../../fixtures/wechat/sdk-client.ts';
import type { Seen } from '../../fixtures/wechat/sdk-upstream.ts';

const ORDERS = '/v3/payscore/payafter-orders';
const { wechat, wechatKey, upstream, sent } = sdkFixture();

const json = (request: Seen): Record<string, unknown> => JSON.parse(request.body.toString());

describe('a create', () => {
  test('a create sends each of the 18 fields under its own name, and nothing else', async () => {
    const request = aWholeOrder();
    const wire = json(await sent(() => wechat().createPayAfterOrder(request)));

    expect(wire).toEqual({
      appid: IDS.appid,
      out_order_no: request.outOrderNo,
      service_id: IDS.serviceId,
      service_start_time: '20990705173549',
      service_end_time: '20990706',
      service_start_location: '北京西站',
      service_end_location: '上海虹桥站',
      service_introduction: '充电宝租借',
      fees: [
        { fee_name: '就餐费用', fee_count: 4, fee_amount: 4000, fee_desc: '就餐人均100元' },
        { fee_name: '服务费', fee_desc: '按小时' },
      ],
      discounts: [{ discount_name: '满20减1元', discount_desc: '不与其他优惠叠加' }],
      risk_amount: 50_000,
      attach: 'Easdfowealsdkjfnlaksjdlfkwqoi%26wl3l2sald',
      need_user_confirm: false,
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      name: expect.any(String),
      phone: expect.any(String),
      userid: expect.any(String),
      address: expect.any(String),
    });
    expect(Object.keys(wire)).toHaveLength(18);
  });

  test('a create sends only what is given, and never null', async () => {
    const request = {
      ...anOrder({ openid: null, attach: undefined, fees: null, name: null }),
      surprise: 'not a field of WeChat',
    };
    const { body } = await sent(() => wechat().createPayAfterOrder(request));

    expect(JSON.parse(body.toString())).toEqual({
      appid: IDS.appid,
      out_order_no: request.outOrderNo,
      service_id: IDS.serviceId,
      service_start_time: 'OnAccept',
      service_start_location: '北京西站',
      service_introduction: '充电宝租借',
      risk_amount: 9900,
    });
    expect(body.toString()).not.toContain('null');
  });

  test('a create encrypts personal data with the key of WeChat Pay, so that none of it is on the wire', async () => {
    const request = await sent(() => wechat().createPayAfterOrder(aWholeOrder()));
    const wire = json(request);

    for (const [name, plaintext] of Object.entries(PERSONAL)) {
      expect(Rsa.decrypt(String(wire[name]), wechatKey.privatePem)).toBe(plaintext);
      expect(upstream().bytes().includes(plaintext)).toBe(false);
      expect(upstream().bytes().includes(Buffer.from(plaintext).toString('base64'))).toBe(false);
    }
    expect(upstream().bytes().includes('北京西站')).toBe(true);
  });

  test.each<[string, object]>([
    ['a service time of no known form', { serviceStartTime: 'tomorrow' }],
    ['a day that does not exist', { serviceEndTime: '2026-02-30' }],
    ['personal data without room', { address: '深'.repeat(72) }],
  ])(
    'a create that cannot be encoded is a RangeError, and nothing is sent: %s',
    async (_, changes) => {
      const before = upstream().seen.length;
      await expect(wechat().createPayAfterOrder(anOrder(changes))).rejects.toThrow(RangeError);
      expect(upstream().seen).toHaveLength(before);
    },
  );
});

describe('a query', () => {
  test('a query by order number is percent-encoded, as it is signed', async () => {
    const { method, target, body } = await sent(() =>
      wechat().queryPayAfterOrder({ ...IDS, outOrderNo: 'a|b*c' }),
    );
    expect([method, target, body.length]).toEqual([
      'GET',
      `${ORDERS}?service_id=500001&out_order_no=a%7Cb*c&appid=wxd678efh567hg6787`,
      0,
    ]);
  });

  test('a query by query id sends no order number', async () => {
    const query = { ...IDS, queryId: '15646546545165651651' };
    const { target } = await sent(() => wechat().queryPayAfterOrder(query));
    expect(target).toBe(
      `${ORDERS}?service_id=500001&query_id=15646546545165651651&appid=wxd678efh567hg6787`,
    );
  });

  test('a query of the authorization state names service, app and user', async () => {
    const { method, target } = await sent(() =>
      wechat().queryUserServiceState({ ...IDS, openid: 'oUpF8uMuAJO' }),
    );
    expect([method, target]).toEqual([
      'GET',
      '/v3/payscore/user-service-state?service_id=500001&appid=wxd678efh567hg6787&openid=oUpF8uMuAJO',
    ]);
  });
});
