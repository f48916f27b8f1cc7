import { randomBytes, sign } from 'node:crypto';
import type { SandboxCredentials } from '../../src/sandbox/identity.ts';
import { at, isObject } from './json.ts';

/** An order as WeChat Pay has it; the total of a service order in fen, null before its complete. */
export interface TrueOrder {
  readonly outOrderNo: string;
  readonly orderId: string;
  readonly state: string;
  readonly riskAmount: number;
  readonly totalAmount?: number | null;
}

const TARGET = '/v3/payscore/payafter-orders';

const TRIES = 3;

/**
 * Calls one of the sandbox's controls. Retries, because an idle connection may just have been
 * closed.
 */
export async function control(
  sandbox: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const init = {
    method,
    ...(body && { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  };
  let response = await fetch(`${sandbox}${path}`, init).catch(() => undefined);
  for (let tries = 1; response === undefined && tries < TRIES; tries += 1) {
    response = await fetch(`${sandbox}${path}`, init).catch(() => undefined);
  }
  if (response === undefined) {
    throw new Error(`The sandbox does not answer ${path}.`);
  }
  const answer: unknown = await response.json();
  if (!response.ok) {
    throw new Error(`The sandbox refused ${path}: ${JSON.stringify(answer)}`);
  }
  return answer;
}

/** Every order that exists, whatever was reported of it. */
export async function trueOrders(sandbox: string): Promise<ReadonlyMap<string, TrueOrder>> {
  const orders = await control(sandbox, 'GET', '/sandbox/orders');
  const list = Array.isArray(orders) ? orders.filter(isObject) : [];
  return new Map(
    list.map((order) => [
      String(order['out_order_no']),
      {
        outOrderNo: String(order['out_order_no']),
        orderId: String(order['order_id']),
        state: String(order['state']),
        riskAmount: Number(at(order, 'request', 'risk_amount')),
      },
    ]),
  );
}

/** The same of service orders; their state is that of the record: `DOING` and its description. */
export async function trueServiceOrders(sandbox: string): Promise<ReadonlyMap<string, TrueOrder>> {
  const orders = await control(sandbox, 'GET', '/sandbox/service-orders');
  const list = Array.isArray(orders) ? orders.filter(isObject) : [];
  return new Map(
    list.map((order) => [
      String(order['out_order_no']),
      {
        outOrderNo: String(order['out_order_no']),
        orderId: String(order['order_id']),
        state: [order['state'], order['state_description']].filter((word) => word).join(' '),
        riskAmount: Number(at(order, 'request', 'risk_fund', 'amount')),
        totalAmount: order['total_amount'] === null ? null : Number(order['total_amount']),
      },
    ]),
  );
}

/** The final total of an order in fen, by a query of the merchant; null: not completed. */
export async function trueTotal(
  { WECHAT_BASE_URL, ...merchant }: SandboxCredentials,
  outOrderNo: string,
): Promise<number | null> {
  const query = new URLSearchParams({
    service_id: merchant.WECHAT_SERVICE_ID,
    out_order_no: outOrderNo,
    appid: merchant.WECHAT_APPID,
  });
  const target = `${TARGET}?${query}`;
  const timestamp = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('hex');
  const message = `GET\n${target}\n${timestamp}\n${nonce}\n\n`;
  const signature = sign('sha256', Buffer.from(message), merchant.WECHAT_MERCHANT_KEY);
  const fields = {
    mchid: merchant.WECHAT_MCHID,
    nonce_str: nonce,
    timestamp,
    serial_no: merchant.WECHAT_MERCHANT_SERIAL,
    signature: signature.toString('base64'),
  };
  const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
  const response = await fetch(`${WECHAT_BASE_URL}${target}`, {
    headers: {
      accept: 'application/json',
      'user-agent': 'prove',
      authorization: `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`,
    },
  });
  const total = at(await response.json(), 'total_amount');
  return total === undefined ? null : Number(total);
}
