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
