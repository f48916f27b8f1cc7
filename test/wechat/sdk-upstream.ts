import type { IncomingHttpHeaders } from 'node:http';
import { Formatter, Rsa } from 'wechatpay-axios-plugin';
import { createWechatPay, type WechatPay, type WechatPayOptions } from '../../src/wechat/index.ts';
import { readAll, serve, type TestServer } from './http-server.ts';
import type { KeyPair } from './keys.ts';
import { IDS, MCHID, MERCHANT_SERIAL } from './orders.ts';

/** One request, as it came over the wire. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The fields of its Authorization. */
  readonly authorization: ReadonlyMap<string, string>;
  /** Whether the SDK's own primitives accept the signature. */
  readonly verified: boolean;
}

export interface Reply {
  readonly status?: number;
  readonly body?: string;
  /** The serial to answer under; by default the one that the request names. */
  readonly serial?: string;
}

export interface Upstream extends TestServer {
  readonly seen: readonly Seen[];
}

/** WeChat Pay's side, made of nothing but the primitives of wechatpay-axios-plugin. */
export async function startSdkUpstream(
  merchantPublicPem: string,
  signers: ReadonlyMap<string, string>,
  answer: (request: Seen) => Reply | Promise<Reply>,
): Promise<Upstream> {
  const seen: Seen[] = [];
  const server = await serve(async (request, response) => {
    const body = await readAll(request);
    const { method = '', url: target = '', headers } = request;
    const authorization = fieldsOf(headers.authorization ?? '');
    const field = (name: string) => authorization.get(name) ?? '';
    const message = Formatter.request(
      method,
      target,
      field('timestamp'),
      field('nonce_str'),
      body.toString(),
    );
    const verified = Rsa.verify(message, field('signature'), merchantPublicPem);
    const one = { method, target, headers, body, authorization, verified };
    seen.push(one);
    const { status = 200, body: text = '{}', serial } = await answer(one);
    const signer = serial ?? String(headers['wechatpay-serial']);
    response.writeHead(status, { 'request-id': '08F4-0', ...signed(text, signer, signers) });
    response.end(text);
  });
  return { ...server, seen };
}

function signed(text: string, serial: string, signers: ReadonlyMap<string, string>) {
  const timestamp = Formatter.timestamp();
  const nonce = Formatter.nonce();
  const message = Formatter.response(timestamp, nonce, text);
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': Rsa.sign(message, signers.get(serial) ?? ''),
  };
}

/** `WECHATPAY2-SHA256-RSA2048 a="…",b="…"`; empty for any other scheme. */
function fieldsOf(header: string): ReadonlyMap<string, string> {
  const [scheme, list = ''] = header.split(/ (.*)/);
  const pairs = scheme === 'WECHATPAY2-SHA256-RSA2048' ? list.matchAll(/(\w+)="([^"]*)"/g) : [];
  return new Map([...pairs].map(([, name = '', value = '']) => [name, value]));
}

export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000';

/** A client of one merchant, in public-key mode unless told otherwise. */
export function clientOf(
  baseUrl: string,
  merchant: KeyPair,
  wechatKey: KeyPair,
  changes: Partial<WechatPayOptions> = {},
): WechatPay {
  return createWechatPay({
    mchid: MCHID,
    merchantSerial: MERCHANT_SERIAL,
    merchantKey: merchant.privatePem,
    publicKeyId: PUBLIC_KEY_ID,
    publicKey: wechatKey.publicPem,
    baseUrl,
    ...changes,
  });
}

/** The answer that WeChat gives to a create or a query, with these fields more. */
export function answerTo(outOrderNo: string, more: object = {}): string {
  const ids = { appid: IDS.appid, service_id: IDS.serviceId, mchid: MCHID };
  return JSON.stringify({ ...ids, out_order_no: outOrderNo, ...more });
}

/** The answer that WeChat gives to this call, whatever it is, with the ids of the request. */
export function ownAnswer({ method, target, body }: Seen): string {
  const { pathname, searchParams } = new URL(target, 'http://wechat');
  if (pathname.endsWith('user-service-state')) {
    const ids = { appid: IDS.appid, service_id: IDS.serviceId };
    return JSON.stringify({ ...ids, use_service_state: 'AVAILABLE' });
  }
  if (method === 'GET') {
    return answerTo(searchParams.get('out_order_no') ?? 'A1', { state: 'CREATED' });
  }
  const [, , , , inPath] = pathname.split('/');
  const inBody: unknown = Object(JSON.parse(body.toString())).out_order_no;
  const outOrderNo = inPath === undefined ? String(inBody) : decodeURIComponent(inPath);
  return answerTo(outOrderNo, { order_id: '15646546545165651651' });
}
