import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

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

/** Shown by a browser whose prompt was dismissed. */
const LOGIN_HELP = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>GraphiQL</title>
<p>请登录：API key 中第一个点之前的部分为用户名，其余为密码；使用 token（JWT）时，用户名留空，密码为该 token。需要 scope schema:read。
<p lang="en">Log in with an API key: what is before its first dot is the user name, and the rest is the password. With a token (JWT) leave the user name empty; the token is the password. The scope schema:read is required.
`;

/**
 * Serves GraphiQL from local assets to browsers that GET the endpoint or the root, unless they prefer
 * JSON. The page is the same for every request and contains nothing of it.
 */
export function useOfflineGraphiql({
  endpoint,
  render,
  mayOpen = () => true,
}: OfflineGraphiqlOptions): Plugin {
  const compressedPage = once(async () => new Uint8Array(await gzipAsync(await render())));
  // For clients that no browser is. One for all: a page of several MB for each response would fill the
  // memory while they do not read.
  const plainPage = once(async () => new Uint8Array(await gunzipAsync(await compressedPage())));
  const respond = async ({ request, url, endResponse, fetchAPI }: Asked) => {
    if (url.pathname === '/') {
      // Relative: a proxy may have removed a prefix of the path.
      const headers = { location: endpoint.slice(1) };
      endResponse(new fetchAPI.Response(null, { status: 302, headers }));
    } else if (url.pathname === endpoint && !(await mayOpen(request))) {
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'www-authenticate': 'Basic realm="GraphiQL", charset="UTF-8"',
      };
      endResponse(new fetchAPI.Response(LOGIN_HELP, { status: 401, headers }));
    } else if (url.pathname === endpoint) {
      const isGzip = acceptsGzip(request.headers);
      const body = await (isGzip ? compressedPage() : plainPage());
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        ...(isGzip && { 'content-encoding': 'gzip' }),
        'content-security-policy': CONTENT_SECURITY_POLICY,
        vary: 'accept, accept-encoding',
      };
      endResponse(new fetchAPI.Response(body, { headers }));
    }
  };
  return {
    onRequest: (asked) =>
      asked.request.method === 'GET' && prefersPage(asked.request.headers)
        ? respond(asked)
        : undefined,
  };
}

/** Makes a value when it is first wanted, and again only if that failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

type Asked = Parameters<NonNullable<Plugin['onRequest']>>[0];

function prefersPage(headers: Headers): boolean {
  const weights = weightsIn(headers.get('accept'));
  const html = weights.get('text/html') ?? 0;
  const json = ['application/json', 'application/graphql-response+json'];
  return html > 0 && json.every((type) => html > (weights.get(type) ?? 0));
}

function acceptsGzip(headers: Headers): boolean {
  const weights = weightsIn(headers.get('accept-encoding'));
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

/** The entries of a header such as Accept with their weights (`q`). */
function weightsIn(header: string | null): ReadonlyMap<string, number> {
  const entries = (header ?? '').toLowerCase().replace(/\s/g, '').split(',');
  return new Map(
    entries.map((entry) => {
      const [name = '', ...parameters] = entry.split(';');
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)];
    }),
  );
}
