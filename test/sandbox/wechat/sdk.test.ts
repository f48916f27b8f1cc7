import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Aes, Rsa, Wechatpay } from 'wechatpay-axios-plugin';
import type { SandboxCredentials } from '../../../src/sandbox/identity.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';

let sandbox: Sandbox;
let credentials: SandboxCredentials;
let certificate: string;
let certificateSerial: string;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  const fetched: unknown = await (await fetch(`${sandbox.url}/sandbox/credentials`)).json();
  expect(fetched).toEqual(sandbox.credentials);
  credentials = sandbox.credentials;
  certificate = await (await fetch(`${sandbox.url}/sandbox/platform-certificate`)).text();
  certificateSerial = new X509Certificate(certificate).serialNumber;
});
afterAll(() => sandbox.close());

function merchantOf(
  certs: Record<string, string>,
  privateKey = credentials.WECHAT_MERCHANT_KEY,
): Wechatpay {
  return new Wechatpay({
    mchid: credentials.WECHAT_MCHID,
    serial: credentials.WECHAT_MERCHANT_SERIAL,
    privateKey,
    certs,
    baseURL: credentials.WECHAT_BASE_URL,
    proxy: false,
  });
}

/** `wxpay.v3.payscore.payafterOrders`, as on the page this project started from. */
function payafterOrders(...merchant: Parameters<typeof merchantOf>) {
  const orders = merchantOf(...merchant)['v3']?.['payscore']?.['payafterOrders'];
  if (!orders) {
    throw new Error('the SDK builds its paths on demand');
  }
  return orders;
}

/** All 18 fields. */
function wholeOrder(outOrderNo: string, publicKey: string) {
  return {
    appid: credentials.WECHAT_APPID,
    out_order_no: outOrderNo,
    service_id: credentials.WECHAT_SERVICE_ID,
    service_start_time: 'OnAccept',
    service_end_time: '20991225091010',
    service_start_location: '嗨客时尚主题展餐厅',
    service_end_location: '嗨客时尚主题展餐厅',
    service_introduction: '某某酒店',
    fees: [{ fee_name: '就餐费用', fee_count: 4, fee_amount: 4000, fee_desc: '就餐人均100元' }],
    discounts: [{ discount_name: '满20减1元', discount_desc: '不与其他优惠叠加' }],
    risk_amount: 50000,
    attach: 'Easdfowealsdkjfnlaksjdlfkwqoi%26wl3l2sald',
    need_user_confirm: false,
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    name: Rsa.encrypt('张三', publicKey),
    phone: Rsa.encrypt('13800138000', publicKey),
    userid: Rsa.encrypt('11010519491231002X', publicKey),
    address: Rsa.encrypt('深圳市南山区', publicKey),
  };
}

describe.each(['public key', 'certificate'])('the SDK of the ecosystem, in %s mode', (mode) => {
  const key = () => {
    const serial = mode === 'certificate' ? certificateSerial : credentials.WECHAT_PUBLIC_KEY_ID;
    const pem = mode === 'certificate' ? certificate : credentials.WECHAT_PUBLIC_KEY;
    return { serial, pem, headers: { 'Wechatpay-Serial': serial } };
  };

  test('the SDK creates an order with all 18 fields and verifies the response', async () => {
    const { serial, pem, headers } = key();
    const outOrderNo = `SDK-${mode.length}|a*b`;
    const orders = payafterOrders({ [serial]: pem });

    const { data } = await orders.post(wholeOrder(outOrderNo, pem), { headers });

    expect(data).toMatchObject({
      appid: credentials.WECHAT_APPID,
      mchid: credentials.WECHAT_MCHID,
      out_order_no: outOrderNo,
      service_id: credentials.WECHAT_SERVICE_ID,
      order_id: expect.stringMatching(/^\d{24}$/),
    });
    const seen: unknown = await (await fetch(`${sandbox.url}/sandbox/orders`)).json();
    expect(seen).toContainEqual(
      expect.objectContaining({
        out_order_no: outOrderNo,
        name: '张三',
        phone: '13800138000',
        userid: '11010519491231002X',
        address: '深圳市南山区',
      }),
    );
  });

  test('the SDK queries that order and verifies the response', async () => {
    const { serial, pem, headers } = key();
    const { data } = await payafterOrders({ [serial]: pem }).get({
      params: {
        service_id: credentials.WECHAT_SERVICE_ID,
        out_order_no: `SDK-${mode.length}|a*b`,
        appid: credentials.WECHAT_APPID,
      },
      headers,
    });

    expect(data).toMatchObject({ state: 'USER_ACCEPTED', risk_amount: 50000 });
  });
});

test('the SDK completes, cancels and syncs, with the number in the path', async () => {
  const { WECHAT_APPID, WECHAT_SERVICE_ID, WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY } = credentials;
  const headers = { 'Wechatpay-Serial': WECHAT_PUBLIC_KEY_ID };
  const ids = { appid: WECHAT_APPID, service_id: WECHAT_SERVICE_ID };
  const orders = payafterOrders({ [WECHAT_PUBLIC_KEY_ID]: WECHAT_PUBLIC_KEY });
  const operate = (number: string, operation: string, body: object) =>
    orders['{out_order_no}']?.[operation]?.post(
      { ...ids, ...body },
      { headers, out_order_no: number },
    );

  await orders.post(wholeOrder('SDK|done', WECHAT_PUBLIC_KEY), { headers });
  const params = { ...ids, out_order_no: 'SDK|done' };
  const { data: view } = await orders.get({ params, headers });
  const total = { total_amount: 0, cancel_reason: '未使用', finish_ticket: view.finish_ticket };
  const completed = await operate('SDK|done', 'complete', { finish_type: 1, ...total });
  expect(completed?.data).toMatchObject({ out_order_no: 'SDK|done' });
  await expect(operate('SDK|done', 'cancel', { reason: '用户投诉' })).rejects.toMatchObject({
    response: { status: 400, data: { code: 'ORDER_CANCELED' } },
  });
  const detail = { paid_time: '20260101110000' };
  await expect(operate('NOBODY', 'sync', { type: 'Order_Paid', detail })).rejects.toMatchObject({
    response: { status: 404, data: { code: 'ORDER_NOT_EXIST' } },
  });
});

test('the two snippets that this project started from run unchanged', async () => {
  const { WECHAT_APPID: appid, WECHAT_SERVICE_ID: service_id } = credentials;
  const { WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY } = credentials;
  const [create, query] = seedSnippets();
  const wxpay = merchantOf({ [WECHAT_PUBLIC_KEY_ID]: WECHAT_PUBLIC_KEY });
  const order = { ...wholeOrder('SEED-1', WECHAT_PUBLIC_KEY), need_user_confirm: true };
  const headers = { 'Wechatpay-Serial': WECHAT_PUBLIC_KEY_ID };

  expect(await run(create, { wxpay, headers, ...order, openid: undefined })).toMatchObject({
    appid,
    out_order_no: 'SEED-1',
    order_id: expect.stringMatching(/^\d{24}$/),
    miniprogram_businesstype: 'wxpayScoreUse',
    package: expect.any(String),
  });
  // As the page has it, without a header.
  const params = { appid, service_id, out_order_no: 'SEED-1' };
  expect(await run(query, { wxpay, params })).toMatchObject({
    out_order_no: 'SEED-1',
    state: 'CREATED',
    fees: order.fees,
    discounts: order.discounts,
  });
});

test('a merchant of the certificate mode downloads the certificates, and calls without a header', async () => {
  await rules({ answersSignedBy: 'certificate' });
  // The first download cannot be verified: its trust comes from the decryption with the APIv3 key.
  const certs: Record<string, string> = {};
  const transformResponse = (text: string) => {
    for (const { serial_no, encrypt_certificate: sealed } of JSON.parse(text).data) {
      const { ciphertext, nonce, associated_data: data } = sealed;
      certs[serial_no] = Aes.AesGcm.decrypt(ciphertext, credentials.WECHAT_APIV3_KEY, nonce, data);
    }
  };
  await merchantOf({ none: '' })['v3']?.['certificates']?.get({ transformResponse });
  expect(certs).toEqual({ [certificateSerial]: certificate });
  const again = await merchantOf(certs)['v3']?.['certificates']?.get();
  expect(again?.data).toMatchObject({ data: [{ serial_no: certificateSerial }] });

  const { WECHAT_APPID: appid, WECHAT_SERVICE_ID: service_id } = credentials;
  const orders = payafterOrders(certs);
  const headers = { 'Wechatpay-Serial': certificateSerial };
  await orders.post(wholeOrder('SDK-CERT', certificate), { headers });
  const params = { appid, service_id, out_order_no: 'SDK-CERT' };
  expect((await orders.get({ params })).data).toMatchObject({ state: 'USER_ACCEPTED' });
  await rules({ answersSignedBy: 'public-key' });
});

test('the SDK with another merchant key gets 401 and the echo of what was checked', async () => {
  const { privateKey } = rsaKeys();
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const certs = { [credentials.WECHAT_PUBLIC_KEY_ID]: credentials.WECHAT_PUBLIC_KEY };
  const headers = { 'Wechatpay-Serial': credentials.WECHAT_PUBLIC_KEY_ID };
  const body = { ...wholeOrder('SDK-401', credentials.WECHAT_PUBLIC_KEY) };

  await expect(payafterOrders(certs, pem).post(body, { headers })).rejects.toMatchObject({
    response: {
      status: 401,
      data: { code: 'SIGN_ERROR', detail: { field: 'signature', location: 'authorization' } },
    },
  });
});

/** The two programs of the page, as they are there. */
function seedSnippets(): readonly [string, string] {
  const page = readFileSync(new URL('../../fixtures/wechat/seed.md', import.meta.url), 'utf8');
  const [create, query, ...others] = [...page.matchAll(/^\/\/ ---cut---\n(.*?)^```$/gms)];
  if (create?.[1] === undefined || query?.[1] === undefined || others.length > 0) {
    throw new Error('the page has two snippets');
  }
  return [create[1], query[1]];
}

/** Runs a snippet with these variables. */
async function run(snippet: string, variables: Readonly<Record<string, unknown>>) {
  const program: (values: typeof variables) => Promise<unknown> = runInThisContext(
    `({ ${Object.keys(variables).join(', ')} }) => ${snippet}`,
  );
  return await program(variables);
}

function rules(change: object) {
  const body = JSON.stringify(change);
  return fetch(`${sandbox.url}/sandbox/rules`, { method: 'POST', body });
}
