import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** A name or an IPv4 address, or an IPv6 address in brackets, with an optional port. */
const HOST = /^(?:[a-z\d](?:[a-z\d._-]{0,252})|\[[a-f\d:.]{2,45}\])(?::\d{1,5})?$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
/** What the URL standard resolves or drops, so that a proxy may have checked another path. */
const AMBIGUOUS = /[\\#]|\/(?:\.|%2e){1,2}(?:\/|$)/i;
const FORWARDED = /^(?:forwarded|x-forwarded-.+)$/;

/** Why a request is rejected before anything reads its URL. */
export interface TargetProblem {
  readonly status: 400 | 403;
  readonly message: string;
}

/** Webhooks are signed, and probes learn nothing: they may come from anywhere, through a proxy too. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set([
  '/wechat/notify',
  '/wechat/notify/',
  '/health',
  '/ready',
]);

/**
 * Checks Host and target of every request.
 * @param authenticated whether callers have to authenticate; if not, only this machine may call
 */
export function requestGate(
  authenticated: boolean,
): (request: IncomingMessage) => TargetProblem | undefined {
  return (request) =>
    targetProblem(request) ??
    (authenticated || PUBLIC_PATHS.has(pathOf(request)) ? undefined : strangerProblem(request));
}

/**
 * The URL of a request is built from its Host and its target: neither may move what the other says
 * (`Host: x/graphql?`), or path rules of a proxy could be bypassed.
 */
function targetProblem({
  url = '',
  httpVersion,
  rawHeaders,
  headers,
}: IncomingMessage): TargetProblem | undefined {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name));
  const isMissing = hosts.length === 0 && httpVersion !== '1.0';
  if (isMissing || hosts.length > 1 || (headers.host !== undefined && !isHost(headers.host))) {
    return badRequest('Invalid Host header. Send one name or address with an optional port.');
  }
  return url.startsWith('/') && !AMBIGUOUS.test(pathIn(url))
    ? undefined
    : badRequest(
        'Invalid request target. Send a path that begins with a slash, without dot segments.',
      );
}

/**
 * Without authentication only this machine may call: a page of another site can resolve its own name
 * to the loopback address (DNS rebinding), and a proxy forwards the requests of others.
 */
function strangerProblem({ headers }: Pick<IncomingMessage, 'headers'>): TargetProblem | undefined {
  const isForwarded = Object.keys(headers).some((name) => FORWARDED.test(name));
  const isLocal = headers.host === undefined || LOOPBACK.test(headers.host);
  return isForwarded || !isLocal
    ? {
        status: 403,
        message:
          'Authentication is off, so only requests of this machine are accepted. Set API_KEYS_FILE or JWKS_URL, or use http://127.0.0.1.',
      }
    : undefined;
}

/** Whether pages of an origin may call over HTTP and WebSocket. */
export type OriginRule = (origin: string) => boolean;

const LOCAL_PAGE = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/;

/** @param localhost whether pages of this machine may call, on any port */
export function originRule({
  origins,
  localhost,
}: {
  readonly origins: readonly string[];
  readonly localhost: boolean;
}): OriginRule {
  return (origin) => origins.includes(origin) || (localhost && LOCAL_PAGE.test(origin));
}

/** Whether a page comes from the address that it calls. */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.parse(origin)?.host === host;
}

/** An origin for the log: short, and of the characters that an origin has. */
export function loggedOrigin(origin: string): string {
  return /^[a-z][a-z\d+.-]{0,30}:\/\/[\w.:[\]-]{1,200}$/i.test(origin) ? origin : 'invalid';
}

function pathOf({ url = '' }: IncomingMessage): string {
  return pathIn(url);
}

function pathIn(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

function isHost(host: string): boolean {
  const [, address] = /^\[(.*)\]/.exec(host) ?? [];
  return HOST.test(host) && (address === undefined || isIPv6(address));
}

function badRequest(message: string): TargetProblem {
  return { status: 400, message };
}
