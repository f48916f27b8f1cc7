import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '../http/json.ts';
import { isLoopback, matchPath, readBody } from '../http/request.ts';
import { phonePage } from '../phone/page.ts';
import { opaque } from '../random.ts';
import type { SandboxState } from '../sandbox.ts';
import { ControlError } from './control-input.ts';
import { notificationControls } from './notifications.ts';
import { orderControls } from './orders.ts';
import { controlsPage } from './page/page.ts';
import { serviceOrderControls } from './service-orders.ts';
import { identityControls, stateControls } from './state.ts';
import { trafficControls } from './traffic.ts';

/**
 * Whether a request comes from this machine, is addressed to it, and was not sent by a foreign
 * page: the controls return keys, and a web page can reach a loopback port through DNS rebinding.
 */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopback(socket.remoteAddress ?? '') &&
    isLoopback(hostOf(`http://${headers.host ?? ''}`)) &&
    (headers.origin === undefined || isLoopback(hostOf(headers.origin)))
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

const CONTROLS = [
  ...identityControls,
  ...orderControls,
  ...serviceOrderControls,
  ...notificationControls,
  ...stateControls,
  ...trafficControls,
];
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Serves everything that is not /v3: the user's phone, the controls, and the page that lists them.
 */
export async function serveControls(
  request: IncomingMessage,
  response: ServerResponse,
  sandbox: SandboxState,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  try {
    if (!isLocal(request)) {
      throw new ControlError(403, 'the controls are for this machine only');
    }
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    const page = request.method === 'GET' ? pageAt(path, search, sandbox) : undefined;
    if (page) {
      const nonce = opaque(18);
      send(response, 200, 'text/html', page(nonce), nonce);
      return;
    }
    const { control, pathValues } = findControl(request.method ?? '', path);
    if (!body) {
      throw new ControlError(413, 'the body is longer than 1 MB');
    }
    const json = parseJson(body);
    if (control.example !== undefined && json === undefined) {
      throw new ControlError(400, `expected JSON, for example ${control.example}`);
    }
    const answer = await control.handle({ pathValues, body: json }, sandbox);
    if (typeof answer === 'string') {
      send(response, 200, 'text/plain', answer);
    } else {
      sendJson(response, 200, answer);
    }
  } catch (error) {
    const known = error instanceof ControlError;
    const message = error instanceof Error ? error.message : String(error);
    sendJson(response, known ? error.status : 500, { error: message });
  }
}

function pageAt(path: string, search: string, sandbox: SandboxState) {
  switch (path) {
    case '/':
      return (nonce: string) => phonePage(new URLSearchParams(search), nonce, sandbox);
    case '/sandbox':
      return (nonce: string) => controlsPage(CONTROLS, nonce, sandbox);
    default:
      return undefined;
  }
}

function findControl(method: string, path: string) {
  const matches = CONTROLS.flatMap((control) => {
    const pathValues = matchPath(control.path, path);
    return pathValues ? [{ control, pathValues }] : [];
  });
  const match = matches.find(({ control }) => control.method === method);
  if (!match) {
    const methods = matches.map(({ control }) => control.method).join(' and ');
    throw methods === ''
      ? new ControlError(404, 'no such control; GET /sandbox lists them')
      : new ControlError(405, `this control accepts ${methods}`);
  }
  return match;
}

function sendJson(response: ServerResponse, status: number, value: unknown) {
  send(response, status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * The CSP: nothing may run or be loaded, except what carries the nonce; the page may send requests
 * to its origin.
 */
function send(response: ServerResponse, status: number, type: string, text: string, nonce = '') {
  const own = nonce === '' ? '' : `; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  const policy = `default-src 'none'${own}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
