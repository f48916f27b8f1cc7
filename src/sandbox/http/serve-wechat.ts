import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallFault } from '../faults/fault.ts';
import { type CallIds, otherAnswer, statusAnswer } from '../faults/status-answer.ts';
import type { SandboxState } from '../sandbox.ts';
import { PATH as SERVICE_ORDERS } from '../service-orders/create.ts';
import { type Answer, requestId } from '../wechat/answer.ts';
import { parseAuthorization } from '../wechat/authorization.ts';
import { chooseAnswer, serialOf } from '../wechat/choose-answer.ts';
import { type SignedCall, signingKey } from '../wechat/platform-keys.ts';
import { findRoute, type RouteMatch } from '../wechat/routes/index.ts';
import { isJsonObject, parseJson, textOf } from './json.ts';
import { readBody } from './request.ts';
import { signOrSpoil } from './signature.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Handles one /v3 call: decides the result, commits it, applies a fault if one matches, and signs.
 */
export async function serveWechat(
  request: IncomingMessage,
  response: ServerResponse,
  sandbox: SandboxState,
): Promise<void> {
  const method = request.method ?? '';
  const target = request.url ?? '';
  const [path = '', search = ''] = target.split(/\?(.*)/s);
  const body = await readBody(request, MAX_BODY_BYTES);
  const match = findRoute(method, path);
  const kind = match.route?.kind ?? 'other';
  const fault = sandbox.faults.takeForCall(kind);
  const settle = sandbox.calls.arrive({
    method,
    path,
    kind,
    nonce: parseAuthorization(request.headers.authorization)?.get('nonce_str') ?? null,
    bodySha256: createHash('sha256')
      .update(body ?? '')
      .digest('hex'),
    fault: fault?.fault ?? null,
    atMs: sandbox.realNow(),
  });

  const query = new URLSearchParams(search);
  const { answer, commit } = chooseAnswer({ request, target, query, body, match }, sandbox);
  if (fault?.takesEffect !== false) {
    commit?.();
  }
  if (fault?.fault === 'reset-before' || fault?.fault === 'reset-after') {
    settle('none');
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.fault === 'latency') {
    await waitWhileOpen(fault.ms, response);
  }
  const ids = () => idsOf({ match, query, body }, sandbox);
  const final = replaced(fault, ids) ?? answer;
  const headers = await signatureOf(final, { serial: serialOf(request), kind }, fault, sandbox);
  settle(response.destroyed ? 'none' : final.status);
  send(response, final, headers, fault?.fault === 'truncate');
}

/** The response that a fault returns instead of the real one. */
function replaced(fault: CallFault | undefined, ids: () => CallIds): Answer | undefined {
  switch (fault?.fault) {
    case 'status':
      return statusAnswer(fault);
    case 'other-answer':
      return otherAnswer(fault.of, ids());
    default:
      return undefined;
  }
}

/** From the path, the query and the body; empty if the call does not name it. */
function idsOf(
  {
    match,
    query,
    body,
  }: { match: RouteMatch; query: URLSearchParams; body: Uint8Array | undefined },
  { identity, orders, serviceOrders, clock }: SandboxState,
): CallIds {
  const parsed = body && parseJson(body);
  const sent = isJsonObject(parsed) ? parsed : {};
  const value = (name: string) => textOf(sent, name) ?? query.get(name) ?? '';
  const inPath = match.route && match.pathValues.get('out_order_no');
  const outOrderNo = inPath ?? value('out_order_no');
  // The same number may be an order of each product.
  const product = match.route?.path.startsWith(SERVICE_ORDERS) ? serviceOrders : orders;
  return {
    appid: value('appid'),
    mchid: identity.credentials.WECHAT_MCHID,
    out_order_no: outOrderNo,
    service_id: value('service_id'),
    order_id: product.find(outOrderNo, clock.now())?.orderId,
  };
}

async function signatureOf(
  answer: Answer,
  call: SignedCall,
  fault: CallFault | undefined,
  sandbox: SandboxState,
): Promise<object> {
  const isError = answer.status >= 400;
  if (answer.signedBy === 'nobody' || (isError && !sandbox.rules.signErrors)) {
    return {};
  }
  const key = signingKey(call, sandbox.identity, sandbox.rules);
  return await signOrSpoil(answer.text, key, sandbox.realNow(), fault);
}

function send(response: ServerResponse, answer: Answer, signature: object, truncated: boolean) {
  const bytes = Buffer.from(answer.text);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Language': 'zh-CN',
    'Content-Length': bytes.length,
    'Keep-Alive': 'timeout=8',
    'Request-ID': requestId(answer.number),
    ...answer.headers,
    ...signature,
  });
  if (truncated) {
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.end());
  } else {
    response.end(bytes);
  }
}

/** Waits, but no longer than the client (or the sandbox) keeps the connection. */
async function waitWhileOpen(ms: number, response: ServerResponse): Promise<void> {
  if (response.destroyed) {
    return;
  }
  const closed = new AbortController();
  const abort = () => closed.abort();
  response.once('close', abort);
  await sleep(ms, undefined, { signal: closed.signal }).catch(() => undefined);
  response.off('close', abort);
}
