import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  verify,
} from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { fieldAt, textAt } from '../process/answer.ts';
import { PERSONAL } from '../work/order.ts';

/** Why WeChat Pay would refuse a request; undefined if it is correct. */
export type Inspector = (request: IncomingMessage, body: Buffer) => string | undefined;

const WINDOW_SECONDS = 300;
export const SERVICE_ORDERS = '/v3/payscore/serviceorder';

export function createInspector(
  variables: Readonly<Record<string, string | undefined>>,
): Inspector {
  const merchant = createPublicKey(variables['BENCH_MERCHANT_PUBLIC_KEY'] ?? '');
  const own = createPrivateKey(variables['BENCH_WECHAT_KEY'] ?? '');
  const serial = variables['BENCH_SERIAL'];
  return (request, body) => {
    const { method = '', url = '', headers } = request;
    const given = new Map(
      [...(headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value] as const,
      ),
    );
    const field = (name: string) => given.get(name) ?? '';
    const message = Buffer.concat([
      Buffer.from(`${method}\n${url}\n${field('timestamp')}\n${field('nonce_str')}\n`),
      body,
      Buffer.from('\n'),
    ]);
    if (!verify('sha256', message, merchant, Buffer.from(field('signature'), 'base64'))) {
      return 'signature';
    }
    if (Math.abs(Date.now() / 1000 - Number(field('timestamp'))) > WINDOW_SECONDS) {
      return 'timestamp';
    }
    if (method !== 'POST') {
      return undefined;
    }
    const wire: unknown = JSON.parse(body.toString());
    return url === SERVICE_ORDERS
      ? inspectServiceOrder(wire)
      : inspectCreate(wire, own, headers['wechatpay-serial'] === serial);
  };
}

function inspectServiceOrder(wire: unknown): string | undefined {
  const payments = fieldAt(wire, 'post_payments');
  const isWhole =
    Array.isArray(payments) &&
    textAt(payments[0], 'name') !== '' &&
    textAt(wire, 'notify_url') !== '' &&
    textAt(fieldAt(wire, 'risk_fund'), 'name') !== '' &&
    fieldAt(wire, 'need_user_confirm') === true;
  return isWhole ? undefined : 'body of a service order';
}

function inspectCreate(wire: unknown, own: KeyObject, named: boolean): string | undefined {
  const fees = fieldAt(wire, 'fees');
  if (!named || !Array.isArray(fees) || textAt(fees[0], 'fee_name') === '') {
    return named ? 'body' : 'serial';
  }
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  const wrong = Object.entries(PERSONAL).find(([name, plaintext]) => {
    const sealed = Buffer.from(textAt(wire, name), 'base64');
    return privateDecrypt({ key: own, ...padding }, sealed).toString() !== plaintext;
  });
  return wrong?.[0];
}
