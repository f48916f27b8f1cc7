import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';

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
