import { type ClientAddress, clientAddress, trustedProxies } from '../http/request-headers.ts';
import type { EnvironmentReader } from './environment-reader.ts';

export function readProxies(from: EnvironmentReader): ClientAddress {
  try {
    return clientAddress(trustedProxies(from.list('TRUSTED_PROXIES')));
  } catch {
    const problem = 'contains an invalid entry; expected addresses or networks, e.g. 10.0.0.0/8.';
    from.addProblem('TRUSTED_PROXIES', problem);
    return clientAddress(trustedProxies([]));
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** @param authenticated whether callers have to authenticate */
export function readHost(from: EnvironmentReader, authenticated: boolean): string {
  const host = from.text('HOST') ?? '127.0.0.1';
  if (!authenticated && !isLoopback(host)) {
    const problem =
      'is not a loopback address, and authentication is off: set API_KEYS_FILE or JWKS_URL, or use 127.0.0.1.';
    from.addProblem('HOST', problem);
  }
  return host;
}

export function readOrigins(from: EnvironmentReader): readonly string[] {
  const origins = from.list('CORS_ORIGINS');
  if (origins.some((origin) => origin.includes('*'))) {
    from.addProblem('CORS_ORIGINS', 'cannot contain *: list every origin, separated by commas.');
  } else if (!origins.every(isOrigin)) {
    from.addProblem(
      'CORS_ORIGINS',
      'contains an invalid origin; expected e.g. https://shop.example.com or weapp://wx1234567890abcdef.',
    );
  }
  return origins;
}

/** Mini programs on iOS send `weapp://…`, other apps a scheme of their own, without a path. */
const APP_ORIGIN = /^(?!file:)[a-z][a-z\d+.-]*:\/\/[\w.-]+(?::\d{1,5})?$/;

function isOrigin(text: string): boolean {
  const origin = URL.parse(text)?.origin;
  return origin === text || (origin === 'null' && APP_ORIGIN.test(text));
}

export interface GraphiqlReasons {
  readonly production: boolean;
  /** Whether callers have to authenticate. */
  readonly authenticated: boolean;
  /** Whether every document may be executed: the page sends its own documents. */
  readonly anyDocument: boolean;
}

/** In production, and with trusted documents, it is on only if it is set explicitly. */
export function readGraphiql(
  from: EnvironmentReader,
  { production, authenticated, anyDocument }: GraphiqlReasons,
): boolean {
  const usual = production || !anyDocument ? 'off' : 'on';
  const on = (from.choice('GRAPHIQL', 'on', 'off') ?? usual) === 'on';
  if (on && !anyDocument) {
    from.addProblem(
      'GRAPHIQL',
      'cannot be on with TRUSTED_DOCUMENTS, because GraphiQL sends its own documents: set one of them.',
    );
  }
  if (on && production && !authenticated) {
    from.addProblem(
      'GRAPHIQL',
      'would be public: set API_KEYS_FILE or JWKS_URL too, or set it to off.',
    );
  }
  return on;
}
