import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import type { WechatPayOptions } from '../../src/wechat/index.ts';
import { rsaKeys } from '../wechat/keys.ts';
import { APPID, type Gateway, newNumber, SERVICE_ID } from './fixture.ts';
import type { JsonObject } from './json.ts';

const MERCHANT_KEYS = rsaKeys();
const WECHAT_KEYS = rsaKeys();
const SERIAL = 'PUB_KEY_ID_0114232134912410000000000000';
export const APIV3_KEY = 'v3-key-v3-key-v3-key-v3-key-v3-k';
export const OTHER_APIV3_KEY = 'other-key-other-key-other-key-ot';

/** The moment at which every client of these tests believes to be. */
export const NOW_SECONDS = Math.floor(Date.now() / 1000);

/** A merchant whose notifications this file can make, and which calls nobody. */
export function notificationOptions(changes: Partial<WechatPayOptions> = {}): WechatPayOptions {
  return {
    mchid: '1230000109',
    merchantSerial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
    merchantKey: MERCHANT_KEYS.privatePem,
    publicKeyId: SERIAL,
    publicKey: WECHAT_KEYS.publicPem,
    apiv3Key: APIV3_KEY,
    baseUrl: 'http://127.0.0.1:9',
    now: () => NOW_SECONDS * 1000,
    ...changes,
  };
}

export interface NotificationParts {
  readonly id?: string;
  readonly eventType?: string;
  readonly apiv3Key?: string;
  readonly associatedData?: string | null;
  /** Changes to the order inside. */
  readonly order?: JsonObject;
}

/** The body of a notification that an order was accepted, made with the SDK's own encryption. */
export function notificationBody(parts: NotificationParts = {}): string {
  const { id = newNumber(), eventType = 'PAYSCORE.USER_ACCEPTED', apiv3Key = APIV3_KEY } = parts;
  const { associatedData = 'payscore' } = parts;
  const nonce = Formatter.nonce(12);
  const payload = JSON.stringify({
    appid: APPID,
    mchid: '1230000109',
    out_order_no: 'N1',
    service_id: SERVICE_ID,
    state: 'USER_ACCEPTED',
    attach: 'SECRET-ATTACH',
    finish_ticket: 'SECRET-TICKET',
    ...parts.order,
  });
  return JSON.stringify({
    id,
    create_time: '2026-11-23T13:29:35+08:00',
    event_type: eventType,
    resource_type: 'encrypt-resource',
    summary: '用户确认订单',
    resource: {
      original_type: 'payscore',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Aes.AesGcm.encrypt(payload, apiv3Key, nonce, associatedData ?? ''),
      nonce,
      ...(associatedData !== null && { associated_data: associatedData }),
    },
  });
}

export interface Signing {
  readonly timestamp?: number;
  readonly serial?: string;
  readonly privatePem?: string;
}

/** The headers under which WeChat sends a body. */
export function signedHeaders(body: string, signing: Signing = {}): Record<string, string> {
  const { timestamp = NOW_SECONDS, serial = SERIAL, privatePem = WECHAT_KEYS.privatePem } = signing;
  const nonce = Formatter.nonce();
  return {
    'content-type': 'application/json; charset=utf-8',
    'Wechatpay-Timestamp': String(timestamp),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': Rsa.sign(Formatter.response(timestamp, nonce, body), privatePem),
    'Wechatpay-Serial': serial,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    'Request-ID': '08F4-0',
  };
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Has WeChat post a body. */
export async function post(
  { app }: Pick<Gateway, 'app'>,
  body: string,
  headers: Readonly<Record<string, string>> = signedHeaders(body),
): Promise<Answered> {
  const request = new Request('http://app/wechat/notify', { method: 'POST', headers, body });
  const response = await app.fetch(request);
  return { status: response.status, text: await response.text() };
}
