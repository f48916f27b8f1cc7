import { expect, test } from 'vitest';
import { OrderOutcomeUnknownError, OrderStateError } from '../../../src/wechat/index.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { IDS, MCHID } from '../../fixtures/wechat/orders.ts';
import { clientOf, PUBLIC_KEY_ID, startSdkUpstream } from '../../fixtures/wechat/sdk-upstream.ts';

const merchant = rsaKeys();
const wechatKey = rsaKeys();
const signers = new Map([[PUBLIC_KEY_ID, wechatKey.privatePem]]);
const { appid, serviceId } = IDS;
const ids = { appid, mchid: MCHID, out_order_no: 'A1', service_id: serviceId };
const refusal = JSON.stringify({ code: 'ORDER_DONE', message: '订单已完成' });

/** What a sync comes to that WeChat refuses, once a query has shown this. */
async function syncAgainst(shown: object, succeededBefore: boolean) {
  await using upstream = await startSdkUpstream(merchant.publicPem, signers, ({ method }) =>
    method === 'GET'
      ? { body: JSON.stringify({ ...ids, ...shown }) }
      : { status: 400, body: refusal },
  );
  const wechat = clientOf(upstream.url, merchant, wechatKey);
  const request = { ...IDS, outOrderNo: 'A1', type: 'Order_Paid' };
  const detail = { paidTime: '20260101000000' };
  try {
    return await wechat
      .syncPayAfterOrder({ ...request, detail }, { ambiguousBefore: true, succeededBefore })
      .catch((error: unknown) => error);
  } finally {
    await wechat.close();
  }
}

test('the repeat of a successful write is a success unless a query contradicts it', async () => {
  const silent = { state: 'USER_PAID' };
  expect(await syncAgainst(silent, true)).toMatchObject({ outOrderNo: 'A1' });
  expect(await syncAgainst(silent, false)).toBeInstanceOf(OrderOutcomeUnknownError);
  expect(await syncAgainst({ state: 'REVOKED' }, true)).toBeInstanceOf(OrderStateError);
});
