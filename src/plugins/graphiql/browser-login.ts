import type { Authenticator } from '../../auth/authenticator.ts';
import { permission } from '../../auth/caller.ts';

const BASIC = /^Basic +([\w+/=-]{1,12000}) *$/i;

/**
 * The login of the GraphiQL page. A link has no Bearer token, but a browser prompts for a user name
 * and a password: the id of an API key and its secret, or no user name and a token. They are
 * returned as the header that a client would send; undefined without a login.
 */
function browserLogin(headers: Headers): string | undefined {
  const [, encoded] = BASIC.exec(headers.get('authorization') ?? '') ?? [];
  if (encoded === undefined) {
    return undefined;
  }
  const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return `Bearer ${[name, password.join(':')].filter(Boolean).join('.')}`;
}

/**
 * The credential of a request. The browser adds the login to each request to this server, also to
 * those of pages of other origins: it counts only for requests that the browser itself marks as sent
 * by a page of this origin, which no page can forge.
 */
export function credentialOf(headers: Headers): string | null {
  const login = headers.get('sec-fetch-site') === 'same-origin' ? browserLogin(headers) : undefined;
  return login ?? headers.get('authorization');
}

/** Whether the login of a browser may open the GraphiQL page: it requires `schema:read`. */
export function graphiqlAuthorization({ authenticate }: Pick<Authenticator, 'authenticate'>) {
  return async ({ headers }: Request): Promise<boolean> => {
    const result = await authenticate(browserLogin(headers) ?? null);
    return typeof result === 'object' && permission(result, 'schema:read') === 'granted';
  };
}
