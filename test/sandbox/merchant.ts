import { constants, createPublicKey, publicEncrypt, randomBytes, sign, verify } from 'node:crypto';
import { request } from 'node:http';
import { isJsonObject, type JsonObject } from '../../src/sandbox/http/json.ts';
import type { SandboxCredentials } from '../../src/sandbox/identity.ts';

export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly json: JsonObject;
  /** The number at the end of Request-ID. */
  readonly number: string;
}

export interface CallOptions {
  readonly body?: JsonObject | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly mchid?: string;
  readonly serial?: string;
  readonly timestamp?: number;
  readonly nonce?: string;
  readonly signedBody?: string;
  readonly authorization?: string;
  /** Leaves Accept and User-Agent out. */
  readonly bare?: boolean;
}

export const ORDERS = '/v3/payscore/payafter-orders';

/** A merchant without an SDK: signs by the book, and lets a test get each part of it wrong. */
export function createMerchant(credentials: SandboxCredentials) {
  const base = credentials.WECHAT_BASE_URL;
  const ids = { appid: credentials.WECHAT_APPID, service_id: credentials.WECHAT_SERVICE_ID };

  const call = (method: string, target: string, options: CallOptions = {}): Promise<Reply> => {
    const given = options.body ?? '';
    const body = typeof given === 'string' ? given : JSON.stringify(given);
    const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
    const nonce = options.nonce ?? randomBytes(16).toString('hex');
    const message = [method, target, timestamp, nonce, options.signedBody ?? body, ''].join('\n');
    const key = options.key ?? credentials.WECHAT_MERCHANT_KEY;
    const fields = {
      mchid: options.mchid ?? credentials.WECHAT_MCHID,
      nonce_str: nonce,
      signature: sign('sha256', Buffer.from(message), key).toString('base64'),
      timestamp,
      serial_no: options.serial ?? credentials.WECHAT_MERCHANT_SERIAL,
    };
    const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
    return send(method, `${base}${target}`, body, {
      ...(!options.bare && { accept: 'application/json', 'user-agent': 'sandbox-test' }),
      authorization: options.authorization ?? `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`,
      'content-type': 'application/json',
      ...options.headers,
    });
  };

  /** A body that every rule lets pass; `undefined` takes a field out. */
  const order = (changes: JsonObject = {}): JsonObject => ({
    ...ids,
    out_order_no: `T${randomBytes(8).toString('hex')}`,
    service_start_time: 'OnAccept',
    service_start_location: '北京西站',
    service_introduction: '充电宝租借',
    risk_amount: 9900,
    ...changes,
  });

  const query = (by: Readonly<Record<string, string>>) =>
    call('GET', `${ORDERS}?${new URLSearchParams({ ...ids, ...by })}`);

  const create = (changes: JsonObject = {}, options: CallOptions = {}) =>
    call('POST', ORDERS, { body: order(changes), ...options });

  /** An order without confirmation, of a service that began long ago; and a ticket to complete it. */
  const accepted = async (changes: JsonObject = {}) => {
    const { json } = await create({
      need_user_confirm: false,
      openid: 'oUser',
      service_start_time: '20260101100000',
      ...changes,
    });
    const outOrderNo = String(json['out_order_no']);
    const { json: view } = await query({ out_order_no: outOrderNo });
    return { outOrderNo, ticket: String(view['finish_ticket']) };
  };

  /** `undefined` takes a field out. */
  const operate = (
    outOrderNo: string,
    operation: 'complete' | 'cancel' | 'sync',
    fields: JsonObject,
    options: CallOptions = {},
  ) => {
    const target = `${ORDERS}/${encodeURIComponent(outOrderNo)}/${operation}`;
    return call('POST', target, { body: { ...ids, ...fields }, ...options });
  };

  return {
    call,
    order,
    query,
    accepted,
    operate,
    /** A complete that every rule lets pass, over 1 yuan, with changes. */
    complete: (order: { outOrderNo: string; ticket: string }, changes: JsonObject = {}) =>
      operate(order.outOrderNo, 'complete', {
        finish_type: 2,
        finish_ticket: order.ticket,
        total_amount: 100,
        real_service_end_time: '20260101110000',
        fees: [{ fee_name: '租金', fee_amount: 100 }],
        ...changes,
      }),
    cancel: (outOrderNo: string, reason = '用户投诉') => operate(outOrderNo, 'cancel', { reason }),
    sync: (outOrderNo: string, paidTime: string) =>
      operate(outOrderNo, 'sync', { type: 'Order_Paid', detail: { paid_time: paidTime } }),
    create,
    control: (method: string, path: string, body?: unknown, headers = {}) =>
      send(method, `${base}${path}`, body === undefined ? '' : JSON.stringify(body), headers),
    stateOf: async (outOrderNo: string) =>
      (await query({ out_order_no: outOrderNo })).json['state'],
  };
}

export type Merchant = ReturnType<typeof createMerchant>;

/** The Base64 ciphertext of a sensitive field. */
export function encrypt(text: string, publicKey: string): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const key = createPublicKey(publicKey);
  return publicEncrypt({ key, padding, oaepHash: 'sha1' }, Buffer.from(text)).toString('base64');
}

/** Whether the three signed lines of an answer were signed by this key (PEM, also a certificate). */
export function isSignedBy(reply: Reply, publicKey: string): boolean {
  const header = (name: string) => reply.headers.get(`wechatpay-${name}`) ?? '';
  const message = `${header('timestamp')}\n${header('nonce')}\n${reply.text}\n`;
  const signature = Buffer.from(header('signature'), 'base64');
  return verify('sha256', Buffer.from(message), createPublicKey(publicKey), signature);
}

export function send(
  method: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const pairs = Object.entries(response.headers);
        const all = new Map(pairs.map(([name, value]) => [name, String(value)]));
        const number = /-(\d+)$/.exec(all.get('request-id') ?? '')?.[1] ?? '';
        const status = response.statusCode ?? 0;
        resolve({ status, headers: all, text, json: parse(text), number });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
