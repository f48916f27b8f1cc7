import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';
import type { Authenticator } from '../../auth/authenticator.ts';
import { permission } from '../../auth/caller.ts';

const BASIC = /^Basic +([\w+/=-]{1,12000}) *$/i;

/**
 * Whether a browser may open the GraphiQL page: a link carries no Bearer, but a browser asks for a
 * name and a password. The name is the id of an API key, the password its secret; or no name, and
 * a token. It opens the page alone: to call, the page sends what is in its Headers pane.
 */
export function graphiqlAuthorization({ authenticate }: Pick<Authenticator, 'authenticate'>) {
  return async (request: Request): Promise<boolean> => {
    const [, encoded = ''] = BASIC.exec(request.headers.get('authorization') ?? '') ?? [];
    const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
    const credential = [name, password.join(':')].filter(Boolean).join('.');
    const verdict = await authenticate(`Bearer ${credential}`);
    return typeof verdict === 'object' && permission(verdict, 'schema:read') === 'granted';
  };
}

const gzipAsync = promisify(gzip);

export interface OfflineGraphiqlOptions {
  readonly endpoint: string;
  /** Makes the page. Called once, when somebody first asks for it. */
  readonly render: () => Promise<string>;
  /** Who may open it; left out: everybody. */
  readonly mayOpen?: ((request: Request) => boolean | Promise<boolean>) | undefined;
}

/** The browser itself then refuses whatever would leave this server. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'; form-action 'none'";

/**
 * GraphiQL from our own assets, for browsers that GET the endpoint or the root. The page is the
 * same for everyone and nothing of the request gets into it.
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
