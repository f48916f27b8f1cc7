import type { Plugin } from 'graphql-yoga';
import type { AuthenticationResult, Authenticator } from '../auth/authenticator.ts';
import { type Caller, permission, type Scope } from '../auth/caller.ts';

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  /** The credential of a request; by default its header `Authorization`. */
  readonly credentialOf?: ((headers: Headers) => string | null) | undefined;
  /** Paths that need a scope as a whole. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** Called with the code of a request that is rejected here. */
  readonly onRejected: (code: string) => void;
}

const RETRY_AFTER_S = 5;

/**
 * Rejects unauthenticated requests before their body is read, all with the same response, whatever
 * the path: Yoga accepts several paths for its endpoint. Public paths are handled by the plugins
 * before this one. Stores the caller as `caller` in the server's context of the request.
 */
export function useAuthentication({
  authenticator,
  credentialOf = (headers) => headers.get('authorization'),
  scopes,
  onRejected,
}: AuthenticationOptions): Plugin<object, { caller?: Caller }> {
  return {
    onRequest: ({ request, url, serverContext, endResponse, fetchAPI }) => {
      if (request.method === 'OPTIONS') {
        return undefined;
      }
      const scope = scopes.get(url.pathname);
      const reject = (reason: Reason) => {
        onRejected(refusalFor(reason).code);
        endResponse(refusal(request, reason, fetchAPI));
      };
      const apply = (result: AuthenticationResult) => {
        if (typeof result === 'string') {
          reject(result);
        } else if (scope !== undefined && permission(result, scope) !== 'granted') {
          reject(scope);
        } else {
          serverContext.caller = result;
        }
      };
      const result = authenticator.authenticate(credentialOf(request.headers));
      return result instanceof Promise ? result.then(apply) : apply(result);
    },
  };
}

type Reason = 'refused' | 'unavailable' | Scope;

/** The connection is closed, because the body that follows is not read. */
function refusal(
  request: Request,
  reason: Reason,
  { Response }: { Response: typeof globalThis.Response },
) {
  const { status, code, message, headers } = refusalFor(reason);
  const asked = request.headers.get('accept')?.includes('application/graphql-response+json');
  const type = asked ? 'application/graphql-response+json' : 'application/json';
  return new Response(JSON.stringify({ errors: [{ message, extensions: { code } }] }), {
    status,
    headers: { 'content-type': `${type}; charset=utf-8`, connection: 'close', ...headers },
  });
}

function refusalFor(reason: Reason) {
  switch (reason) {
    case 'refused':
      return {
        status: 401,
        code: 'UNAUTHENTICATED',
        message: 'Missing or invalid credential. Send `Authorization: Bearer <API key or JWT>`.',
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'unavailable':
      return {
        status: 503,
        code: 'AUTHENTICATION_UNAVAILABLE',
        message: 'Token verification is temporarily unavailable. Retry later.',
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      };
    default:
      return {
        status: 403,
        code: 'FORBIDDEN',
        message: `Missing scope: ${reason}.`,
        headers: {},
      };
  }
}
