import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';

export interface Claims {
  readonly [name: string]: unknown;
}

/** A token issuer with its keys at a URL. */
export interface TokenIssuer extends AsyncDisposable {
  /** The variables that make a server trust it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly token: (claims: Claims, changes?: Forgery) => string;
  /** How often its keys were fetched. */
  readonly fetches: () => number;
}

/** How a token differs from a valid one. */
export interface Forgery {
  readonly kid?: string;
  /** `none`: not signed. `HS256`: signed with the public key as if it were a shared secret. */
  readonly alg?: 'none' | 'HS256';
  readonly key?: 'another';
  /** Claims that are changed after the signature. */
  readonly claims?: Claims;
}

const ISSUER = 'https://issuer.invalid/';
const AUDIENCE = 'payafter-reliability';
const KID = 'reliability-1';
const LIFE_S = 600;

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const another = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = createPublicKey(own.privateKey).export({ format: 'jwk' });
  const publicPem = own.publicKey.export({ type: 'spki', format: 'pem' });
  let fetches = 0;
  const server = createServer((_, response) => {
    fetches += 1;
    const keys = [{ ...jwk, kid: KID, alg: 'RS256', use: 'sig' }];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const signature = (input: string, { alg, key }: Forgery): string => {
    if (alg === 'none') {
      return '';
    }
    if (alg === 'HS256') {
      return createHmac('sha256', publicPem).update(input).digest('base64url');
    }
    const { privateKey } = key === 'another' ? another : own;
    return sign('sha256', Buffer.from(input), privateKey).toString('base64url');
  };
  return {
    variables: {
      JWKS_URL: `http://127.0.0.1:${port}/keys`,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    },
    token: (claims, forgery = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const header = part({ alg: forgery.alg ?? 'RS256', kid: forgery.kid ?? KID, typ: 'JWT' });
      const whole = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFE_S, ...claims };
      const input = `${header}.${part(whole)}`;
      const said = forgery.claims ? `${header}.${part({ ...whole, ...forgery.claims })}` : input;
      return `${said}.${signature(input, forgery)}`;
    },
    fetches: () => fetches,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
