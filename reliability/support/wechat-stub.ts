import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type NoticedState, orderIn } from './notifications.ts';
import type { Variables } from './server.ts';
import type { WechatKeys } from './wechat-keys.ts';

/** A WeChat Pay that answers queries, refuses writes, and counts. */
export interface WechatStub extends AsyncDisposable {
  readonly url: string;
  /** Its orders; any other is a verified 404. */
  readonly states: Map<string, NoticedState>;
  /** The number of received writes; each is refused. */
  readonly writes: () => number;
  readonly reads: () => number;
  readonly certificateCalls: () => number;
}

const SIGNED_FOR_MS = 60_000;

/** Signatures are cached for a minute, so that the stub is never the bottleneck. */
export async function startWechatStub(keys: WechatKeys): Promise<WechatStub> {
  const states = new Map<string, NoticedState>();
  const signatures = new Map<string, { readonly headers: Variables; readonly atMs: number }>();
  const sign = async (body: string): Promise<Variables> => {
    const known = signatures.get(body);
    if (known !== undefined && Date.now() - known.atMs < SIGNED_FOR_MS) {
      return known.headers;
    }
    const headers = await keys.sign(body);
    signatures.set(body, { headers, atMs: Date.now() });
    return headers;
  };
  const counts = { writes: 0, reads: 0, certificates: 0 };
  const server = createServer((request, response) => {
    request.resume();
    const { searchParams, pathname } = new URL(request.url ?? '/', 'http://stub');
    const isRead = request.method === 'GET';
    counts.writes += isRead ? 0 : 1;
    counts.certificates += pathname === '/v3/certificates' ? 1 : 0;
    counts.reads += isRead && pathname !== '/v3/certificates' ? 1 : 0;
    const number = searchParams.get('out_order_no') ?? '';
    const state = states.get(number);
    const found = isRead && state !== undefined;
    const body = JSON.stringify(
      found ? orderIn(keys, number, state) : { code: 'ORDER_NOT_EXIST', message: '订单不存在' },
    );
    const type = { 'content-type': 'application/json' };
    sign(body).then(
      (headers) => response.writeHead(found ? 200 : 404, { ...type, ...headers }).end(body),
      () => response.destroy(),
    );
  });
  server.keepAliveTimeout = 8_000;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    states,
    writes: () => counts.writes,
    reads: () => counts.reads,
    certificateCalls: () => counts.certificates,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') {
    throw new Error('The stub does not listen.');
  }
  return address;
}
