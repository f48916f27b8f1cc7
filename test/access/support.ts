import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Authenticator, Verdict } from '../../src/auth/authenticator.ts';
import { type Caller, SCOPES, type Scope } from '../../src/auth/caller.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'payafter';

export const nowS = () => Math.floor(Date.now() / 1_000);

/** An issuer of tokens on this machine, with an RSA key, that counts who fetches its keys. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }];
  let fetches = 0;
  let isUp = true;
  const server = createServer((_, response) => {
    fetches += 1;
    response.writeHead(isUp ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    options: { jwksUrl: `http://127.0.0.1:${port}/keys`, issuer: ISSUER, audience: AUDIENCE },
    publicKey,
    fetches: () => fetches,
    setUp: (up: boolean) => {
      isUp = up;
    },
    /** A token as it should be, but for what the test changes; `undefined` takes a claim out. */
    token: async (
      claims: Readonly<Record<string, unknown>> = {},
      header: { kid?: string; alg?: string } = {},
    ) => {
      const payload = {
        iss: ISSUER,
        aud: AUDIENCE,
        sub: 'user-1',
        exp: nowS() + 300,
        scope: 'orders:read orders:any',
        ...claims,
      };
      return await new SignJWT(Object.fromEntries(Object.entries(payload)))
        .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
        .sign(privateKey);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

export function caller(scopes: readonly Scope[], changes: Partial<Caller> = {}): Caller {
  return { id: 'test', scopes: new Set(scopes), openid: null, expiresAt: null, ...changes };
}

/** A shopper with every scope but the one to act for others. */
export function shopper(openid: string, changes: Partial<Caller> = {}): Caller {
  const scopes = SCOPES.filter((scope) => scope !== 'orders:any');
  return caller(scopes, { openid, ...changes });
}

/** Knows these callers by the word after `Bearer`, and nobody else. */
export function knowing(callers: Readonly<Record<string, Verdict>>): Authenticator {
  const known = new Map(Object.entries(callers).map(([word, who]) => [`Bearer ${word}`, who]));
  return {
    required: true,
    authenticate: (authorization) => known.get(String(authorization)) ?? 'refused',
    reload: () => {},
  };
}

export const as = (word: string) => ({ authorization: `Bearer ${word}` });
