import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';
import type { Authenticator } from '../../auth/authenticator.ts';
import { permission } from '../../auth/caller.ts';

const BASIC = /^Basic +([\w+/=-]{1,12000}) *$/i;

/**
 * Whether a browser may open the GraphiQL page. A link has no Bearer token, but a browser prompts
 * for a user name and a password: the id of an API key and its secret, or no user name and a token.
 * The credential only opens the page: its requests use the Headers pane.
 */
export function graphiqlAuthorization({ authenticate }: Pick<Authenticator, 'authenticate'>) {
  return async (request: Request): Promise<boolean> => {
    const [, encoded = ''] = BASIC.exec(request.headers.get('authorization') ?? '') ?? [];
    const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
    const credential = [name, password.join(':')].filter(Boolean).join('.');
    const result = await authenticate(`Bearer ${credential}`);
    return typeof result === 'object' && permission(result, 'schema:read') === 'granted';
  };
}

const gzipAsync = promisify(gzip);

export interface OfflineGraphiqlOptions {
  readonly endpoint: string;
  /** Renders the page. Called once, on the first request. */
  readonly render: () => Promise<string>;
  /** Whether a request may open it; if omitted, every request. */
  readonly mayOpen?: ((request: Request) => boolean | Promise<boolean>) | undefined;
}

/** The browser itself blocks every request to another origin. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'; form-action 'none'";

/**
 * Serves GraphiQL from local assets to browsers that GET the endpoint or the root. The page is the
 * same for every request and contains nothing of it.
 */
export function useOfflineGraphiql({
  endpoint,
  render,
  mayOpen = () => true,
}: OfflineGraphiqlOptions): Plugin {
  let page: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const compressedPage = () => {
    page ??= render()
      .then(async (html) => new Uint8Array(await gzipAsync(html)))
      .catch((error: unknown) => {
        page = undefined;
        throw error;
      });
    return page;
  };
  return {
    onRequest: async ({ request, url, endResponse, fetchAPI }) => {
      const wantsPage = request.headers.get('accept')?.includes('text/html');
      if (request.method !== 'GET' || !wantsPage) {
        return;
      }
      if (url.pathname === '/') {
        const headers = { location: endpoint };
        endResponse(new fetchAPI.Response(null, { status: 302, headers }));
      } else if (url.pathname === endpoint && !(await mayOpen(request))) {
        const headers = { 'www-authenticate': 'Basic realm="GraphiQL", charset="UTF-8"' };
        endResponse(new fetchAPI.Response(null, { status: 401, headers }));
      } else if (url.pathname === endpoint) {
        const body = await compressedPage();
        const headers = {
          'content-type': 'text/html; charset=utf-8',
          'content-encoding': 'gzip',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          vary: 'accept, accept-encoding',
        };
        endResponse(new fetchAPI.Response(body, { headers }));
      }
    },
  };
}
