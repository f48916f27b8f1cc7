import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { REQUEST_ID } from './response-headers.ts';

/** The id of a request, in its response and in every log line that it causes. */
export interface RequestIds {
  /**
   * Runs the work of one request.
   * @param given the caller's id; an invalid one is replaced by a generated id
   */
  readonly run: <T>(given: string | null | undefined, work: () => T) => T;
  /** The id of the current request; undefined outside of one. */
  readonly id: () => string | undefined;
  /** The id of a request that needs no other work: as `run` would set it. */
  readonly idFor: (given: string | null | undefined) => string;
}

/** The characters of usual ids and traces, and none that could break a log line or a header. */
const SOUND = /^[\w.:/+=@-]{1,128}$/;

export function createRequestIds(): RequestIds {
  const requests = new AsyncLocalStorage<string>();
  return {
    run: (given, work) => requests.run(idFor(given), work),
    id: () => requests.getStore(),
    idFor,
  };
}

function idFor(given: string | null | undefined): string {
  return given && SOUND.test(given) ? given : randomUUID();
}

/** Node joins several of them to one text. */
export function requestIdIn({ [REQUEST_ID]: given }: IncomingHttpHeaders): string | null {
  return typeof given === 'string' ? given : null;
}

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

/** Reads one header of a request. */
type HeaderOf = (name: string) => string | null | undefined;

/** The address of a client: behind trusted proxies, what the outermost of them has seen. */
export type ClientAddress = (peer: string | undefined, header: HeaderOf) => string | undefined;

/** Throws if an entry is neither an address nor a network such as 10.0.0.0/8. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const trusted = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = familyOf(address);
    if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
      throw new RangeError('Not a network such as 10.0.0.0/8.');
    }
    if (bits === undefined) {
      trusted.addAddress(address, family);
    } else {
      trusted.addSubnet(address, Number(bits), family);
    }
  }
  return trusted;
}

/** Only a trusted proxy may report another address, and only that of its own client. */
export function clientAddress(trusted: BlockList): ClientAddress {
  const isTrusted = (address: string) =>
    isIP(address) > 0 && trusted.check(address, familyOf(address));
  return (peer, header) => {
    if (peer === undefined || !isTrusted(peer)) {
      return peer;
    }
    let client = peer;
    for (const hop of hops(header).reverse()) {
      if (isIP(hop) === 0) {
        return client;
      }
      client = hop;
      if (!isTrusted(hop)) {
        return client;
      }
    }
    return client;
  };
}

/** Nearest last. `Forwarded` (RFC 7239) if present, else `X-Forwarded-For`. */
function hops(header: HeaderOf): string[] {
  const forwarded = header('forwarded');
  if (forwarded) {
    return forwarded.split(',').map((element) => bare(/for="?([^";,]+)/i.exec(element)?.[1] ?? ''));
  }
  return (header('x-forwarded-for') ?? '').split(',').map(bare).filter(Boolean);
}

/** Without port and brackets. */
function bare(node: string): string {
  const text = node.trim();
  return /^\[([^\]]+)\]/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
