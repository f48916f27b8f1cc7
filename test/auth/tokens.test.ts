import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTokens } from '../../src/auth/tokens.ts';
import { AUDIENCE, ISSUER, type Issuer, nowS, startIssuer } from '../fixtures/app/callers.ts';
import { collectLog } from '../fixtures/app/log-lines.ts';
import { at } from '../fixtures/json.ts';

let issuer: Issuer;
let tokens: ReturnType<typeof createTokens>;
let monotonicMs = 0;
const issuedBy = ({ options }: Issuer) =>
  createTokens(options, collectLog().log, undefined, () => monotonicMs);
const later = (ms: number) => {
  monotonicMs += ms;
};
beforeEach(async () => {
  issuer = await startIssuer();
  tokens = issuedBy(issuer);
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

const right = () => ({ iss: ISSUER, aud: AUDIENCE, exp: nowS() + 300, scope: 'orders:any' });

test('shoppers without a subject are distinguished by their openid', async () => {
  const verify = async (openid?: string) =>
    at(await tokens.verify(await issuer.token({ sub: undefined, openid })), 'id');
  const [first, second, neither] = [await verify('o1'), await verify('o2'), await verify()];
  expect(new Set([first, second, neither]).size).toBe(3);
  expect(await verify('o1')).toBe(first);
});

test('a token contains scopes, openid and expiry, and its subject is not passed on', async () => {
  const exp = nowS() + 60;
  const scope = 'orders:read orders:everything openid';
  const caller = await tokens.verify(await issuer.token({ exp, scope, openid: 'o1', sub: '138' }));
  expect(caller).toEqual({
    id: expect.stringMatching(/^jwt:[\w-]{16}$/),
    scopes: new Set(['orders:read']),
    client: null,
    openid: 'o1',
    // With the tolerance for the clock of the issuer, for requests and streams alike.
    expiresAt: (exp + 10) * 1_000,
    revoked: expect.any(AbortSignal),
  });
});

test.each([
  [{ client_id: 'bff-1', azp: 'other' }, 'bff-1'],
  [{ azp: 'https://bff.example/app' }, 'https://bff.example/app'],
  [{ client_id: 'two words' }, null],
  [{ client_id: 7, sub: '138' }, null],
])('the client of a token is its client id, never its subject: %j', async (claims, client) => {
  expect(await tokens.verify(await issuer.token(claims))).toMatchObject({ client });
});

test.each([7, '', 'o'.repeat(129), ['o1'], null])(
  'an openid of another form is ignored: %j',
  async (openid) => {
    expect(await tokens.verify(await issuer.token({ openid }))).toMatchObject({ openid: null });
  },
);

test.each([
  [{ scope: ['orders:read', 'orders:any'] }, {}],
  [{ scope: undefined, scp: 'orders:read orders:any' }, { scopeClaim: 'scp' }],
  [{ scp: ['orders:read', 'orders:any'] }, { scopeClaim: 'scp' }],
  [{ permissions: ['orders:read', 'orders:any'] }, { scopeClaim: 'permissions' }],
  [{ 'https://x/scopes': ['orders:read orders:any'] }, { scopeClaim: 'https://x/scopes' }],
])('scopes are read from the configured claim, a text or a list: %j', async (claims, names) => {
  const own = createTokens({ ...issuer.options, ...names }, collectLog().log);
  const token = await issuer.token({
    ...('scope' in claims ? {} : { scope: 'schema:read' }),
    ...claims,
  });
  expect(await own.verify(token)).toMatchObject({ scopes: new Set(['orders:read', 'orders:any']) });
});

test.each([[7], [null], [{ scope: 'orders:read' }], [['orders:read', 7].slice(1)]])(
  'scopes of another form are none: %j',
  async (scope) => {
    expect(await tokens.verify(await issuer.token({ scope }))).toMatchObject({ scopes: new Set() });
  },
);

test('the openid is read from the configured claim, and from no other', async () => {
  const own = createTokens({ ...issuer.options, openidClaim: 'wx_openid' }, collectLog().log);
  const token = await issuer.token({ openid: 'o1', wx_openid: 'o2' });
  expect(await own.verify(token)).toMatchObject({ openid: 'o2' });
  expect(await own.verify(await issuer.token({ openid: 'o1' }))).toMatchObject({ openid: null });
});

describe('forged', () => {
  test('an unsigned token (alg none) is refused', async () => {
    const token = new UnsecuredJWT(right()).encode();
    expect(await tokens.verify(token)).toBe('refused');
  });

  test('a token signed with the public key as a shared secret (HS256) is refused', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
    const token = await new SignJWT(right())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);
    expect(await tokens.verify(token)).toBe('refused');
  });

  test('a token signed with another key under a known id is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT(right())
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(privateKey);
    expect(await tokens.verify(token)).toBe('refused');
  });

  test('a token with a key in its own header is refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const { exportJWK } = await import('jose');
    const token = await new SignJWT(right())
      .setProtectedHeader({ alg: 'RS256', jwk: await exportJWK(publicKey), kid: 'one' })
      .sign(privateKey);
    expect(await tokens.verify(token)).toBe('refused');
  });

  test('a token whose claims were changed after signing is refused', async () => {
    const [head, , signature] = (await issuer.token()).split('.');
    const claims = Buffer.from(JSON.stringify(right())).toString('base64url');
    expect(await tokens.verify(`${head}.${claims}.${signature}`)).toBe('refused');
  });
});

test.each([
  ['another audience', { aud: 'another' }],
  ['no audience', { aud: undefined }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['no issuer', { iss: undefined }],
  ['its time past', { exp: nowS() - 61 }],
  ['no end', { exp: undefined }],
  ['its time still to come', { nbf: nowS() + 120 }],
])('a token with %s is refused', async (_, claims) => {
  expect(await tokens.verify(await issuer.token(claims))).toBe('refused');
});

test('a token is valid until exactly 10 s after its exp, which may have a fraction', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const exp = nowS() + 20.5;
  const token = await issuer.token({ exp });
  await tokens.verify(token);
  vi.setSystemTime((exp + 10) * 1_000 - 1);
  expect(await tokens.verify(token)).toMatchObject({ expiresAt: (exp + 10) * 1_000 });
  vi.setSystemTime((exp + 10) * 1_000);
  expect(await tokens.verify(token)).toBe('refused');
});

test.each(['', '..', 'a.b.c', 'eyJhbGciOiJSUzI1NiJ9..', 'a.b.c.d.e'])(
  'a malformed token is refused: %j',
  async (token) => {
    expect(await tokens.verify(token)).toBe('refused');
  },
);

test('tokens with 21 unknown keys are refused, and cause one fetch of the keys in 30 s', async () => {
  await tokens.verify(await issuer.token());
  expect(issuer.fetches()).toBe(1);
  const unknown = async (kid: string) => tokens.verify(await issuer.token({}, { kid }));
  later(31_000);
  for (let index = 0; index < 21; index += 1) {
    expect(await unknown(`unknown-${index}`)).toBe('refused');
  }
  expect(issuer.fetches()).toBe(2);
});

test('while the keys cannot be fetched a token is neither accepted nor refused, and fetches are spaced out', async () => {
  issuer.setUp(false);
  const token = await issuer.token();
  expect(await tokens.verify(token)).toBe('unavailable');
  expect(await tokens.verify(token)).toBe('unavailable');
  expect(issuer.fetches()).toBe(1);
  issuer.setUp(true);
  later(6_000);
  expect(await tokens.verify(token)).toMatchObject({ openid: null });
});

test('known keys remain valid for an hour while the issuer is unavailable', async () => {
  await tokens.verify(await issuer.token());
  issuer.setUp(false);
  later(3_000_000);
  expect(await tokens.verify(await issuer.token())).toMatchObject({ openid: null });
  expect(await tokens.verify(await issuer.token({}, { kid: 'new' }))).toBe('unavailable');
  later(1_200_000);
  expect(await tokens.verify(await issuer.token())).toBe('unavailable');
});

const EMPTY = JSON.stringify({ keys: [] });
const OTHER = JSON.stringify({ keys: [{ kty: 'RSA', kid: 'two', n: 'AQAB', e: 'AQAB' }] });

test('a withdrawn key is refused immediately after a reload, and after ten minutes without one', async () => {
  const token = await issuer.token({ exp: nowS() + 9_000 });
  await tokens.verify(token);
  issuer.publish(OTHER);
  later(599_000);
  expect(await tokens.verify(token), 'within ten minutes').toMatchObject({ openid: null });
  await tokens.reload();
  expect(await tokens.verify(token)).toBe('refused');
  const others = issuedBy(issuer);
  issuer.publish(issuer.keys);
  expect(await others.verify(token)).toMatchObject({ openid: null });
  issuer.publish(OTHER);
  later(600_000);
  expect(await others.verify(token)).toBe('refused');
});

/** Whether the credential of a token is revoked for what is open. */
const revocationOf = async (token: string) => {
  const caller = await tokens.verify(token);
  return () => at(caller, 'revoked', 'aborted');
};

test('what is open with a token is revoked when its key is withdrawn, and not when another one is', async () => {
  const revoked = await revocationOf(await issuer.token());
  const [own] = JSON.parse(issuer.keys).keys;
  const [other] = JSON.parse(OTHER).keys;
  for (const keys of [[other, own], [{ x5t: 'x', ...own, use: undefined }, other], [own]]) {
    issuer.publish(JSON.stringify({ keys }));
    await tokens.reload();
    expect(revoked()).toBe(false);
  }
  issuer.setUp(false);
  await expect(tokens.reload()).rejects.toThrow();
  expect(revoked()).toBe(false);
  issuer.setUp(true);
  issuer.publish(OTHER);
  await tokens.reload();
  expect(revoked()).toBe(true);
});

test('what is open with a token is revoked when another key is published under the same id', async () => {
  const revoked = await revocationOf(await issuer.token());
  issuer.publish(OTHER.replace('two', 'one'));
  await tokens.reload();
  expect(revoked()).toBe(true);
});

test('a withdrawn key is noticed within ten minutes also while no token is verified', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const revoked = await revocationOf(await issuer.token());
  issuer.publish(OTHER);
  vi.advanceTimersByTime(599_000);
  expect(issuer.fetches()).toBe(1);
  vi.advanceTimersByTime(1_000);
  vi.useRealTimers();
  await expect.poll(revoked).toBe(true);
});

test('a key that was withdrawn during an outage of the issuer is refused when the issuer is back', async () => {
  const token = await issuer.token({ exp: nowS() + 9_000 });
  await tokens.verify(token);
  issuer.setUp(false);
  later(601_000);
  expect(await tokens.verify(token), 'known keys stay').toMatchObject({ openid: null });
  issuer.publish(OTHER);
  issuer.setUp(true);
  later(5_000);
  await expect.poll(async () => await tokens.verify(token)).toBe('refused');
});

test('without the issuer known keys are valid for one hour, not for longer', async () => {
  const token = await issuer.token({ exp: nowS() + 9_000 });
  await tokens.verify(token);
  issuer.setUp(false);
  later(3_590_000);
  expect(await tokens.verify(token)).toMatchObject({ openid: null });
  later(11_000);
  expect(await tokens.verify(token)).toBe('unavailable');
});

test('a wall clock that is set back keeps no withdrawn key', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const token = await issuer.token({ exp: nowS() + 9_000 });
  await tokens.verify(token);
  issuer.publish(OTHER);
  vi.setSystemTime(Date.now() - 3_600_000);
  later(600_000);
  expect(await tokens.verify(token)).toBe('refused');
});

test.each([
  ['an empty set', EMPTY],
  ['a set of shared secrets', JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }] })],
  ['no set', JSON.stringify({ keys: 'none' })],
  ['no JSON', '<html>'],
  ['a set of more than 256 KB', JSON.stringify({ keys: [{ kty: 'RSA', x: 'x'.repeat(262_144) }] })],
])('%s never replaces good keys', async (_, body) => {
  const token = await issuer.token();
  await tokens.verify(token);
  issuer.publish(body);
  await expect(tokens.reload()).rejects.toThrow(/^(The issuer returned|The issuer did|Unexpected)/);
  expect(await tokens.verify(token)).toMatchObject({ openid: null });
});

test('callers do not wait for an issuer that does not respond while its keys are in use', async () => {
  const token = await issuer.token({ exp: nowS() + 9_000 });
  await tokens.verify(token);
  issuer.setUp(false);
  later(601_000);
  await tokens.verify(token);
  issuer.hang();
  later(5_000);
  const since = performance.now();
  expect(await tokens.verify(token)).toMatchObject({ openid: null });
  expect(performance.now() - since).toBeLessThan(500);
});
