import type { Claims, Forgery } from './tokens.ts';

interface ForgedToken {
  readonly what: string;
  readonly claims?: Claims;
  readonly forgery?: Forgery;
}

const HOUR_S = 3_600;
const now = () => Math.floor(Date.now() / 1000);

/** Tokens that are nearly valid. */
export function forgedTokens(): readonly ForgedToken[] {
  return [
    { what: 'alg none', forgery: { alg: 'none' } },
    { what: 'HS256 with the public key', forgery: { alg: 'HS256' } },
    { what: 'signed by another key under the same kid', forgery: { key: 'another' } },
    { what: 'an unknown kid', forgery: { key: 'another', kid: 'unknown' } },
    { what: 'claims changed after signing', forgery: { claims: { openid: 'somebody-else' } } },
    { what: 'another audience', claims: { aud: 'another-service' } },
    { what: 'another issuer', claims: { iss: 'https://another.invalid/' } },
    { what: 'expired', claims: { exp: now() - HOUR_S } },
    { what: 'without expiry', claims: { exp: undefined } },
    { what: 'not valid yet', claims: { nbf: now() + HOUR_S } },
  ];
}
