import type { Plugin } from 'graphql-yoga';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Caller, permission, type Scope } from '../auth/caller.ts';

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  /** Paths that need a scope as a whole. */
  readonly scopes: ReadonlyMap<string, Scope>;
}

const RETRY_AFTER_S = 5;

/**
 * Turns strangers away before their body is read, all with the same answer, whatever the path: Yoga
 * takes more than one for its endpoint. What is open to all is answered by the plugins before this.
 * Those who are known stand as `caller` in the server's context of the request.
 */
export function useAuthentication({
  authenticator,
  scopes,
}: AuthenticationOptions): Plugin<object, { caller?: Caller }> {
  return {
    onRequest: async ({ request, url, serverContext, endResponse, fetchAPI }) => {
      if (request.method === 'OPTIONS') {
        return;
      }
      const scope = scopes.get(url.pathname);
      const pending = authenticator.authenticate(request.headers.get('authorization'));
      const verdict = pending instanceof Promise ? await pending : pending;
      if (typeof verdict === 'string') {
        endResponse(refusal(request, verdict, fetchAPI));
      } else if (scope !== undefined && permission(verdict, scope) !== 'granted') {
        endResponse(refusal(request, scope, fetchAPI));
      } else {
        serverContext.caller = verdict;
      }
    },
  };
}

type Reason = 'refused' | 'unavailable' | Scope;

/** What follows on the connection is a body that nobody reads: it is closed. */
function refusal(
  request: Request,
  reason: Reason,
  { Response }: { Response: typeof globalThis.Response },
) {
  const { status, code, message, headers } = told(reason);
  const asked = request.headers.get('accept')?.includes('application/graphql-response+json');
  const type = asked ? 'application/graphql-response+json' : 'application/json';
  return new Response(JSON.stringify({ errors: [{ message, extensions: { code } }] }), {
    status,
    headers: { 'content-type': `${type}; charset=utf-8`, connection: 'close', ...headers },
  });
}

function told(reason: Reason) {
  switch (reason) {
    case 'refused':
      return {
        status: 401,
        code: 'UNAUTHENTICATED',
        message: 'Send a credential that holds: Authorization: Bearer, and an API key or a token.',
        headers: { 'www-authenticate': 'Bearer' },
      };
    case 'unavailable':
      return {
        status: 503,
        code: 'AUTHENTICATION_UNAVAILABLE',
        message: 'The token can not be checked at the moment. Send the same again later.',
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      };
    default:
      return {
        status: 403,
        code: 'FORBIDDEN',
        message: `This needs the scope ${reason}.`,
        headers: {},
      };
  }
}
