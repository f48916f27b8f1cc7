import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseApiKeys } from '../../../src/auth/api-key-file.ts';
import {
  createAuthenticator,
  type FailedCredentialCheck,
  type Way,
} from '../../../src/auth/authenticator.ts';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { createCountedLog } from '../../../src/observability/log.ts';
import { start } from '../../../src/start.ts';
import { AUDIENCE, ISSUER, type Issuer, nowS, startIssuer } from '../../fixtures/app/callers.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { OPENID } from '../../fixtures/app/operation-lines.ts';
import { PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';
import { rsaKeys } from '../../fixtures/wechat/keys.ts';
import { checkRunbook, walk } from './walk.ts';

const SECRET = 'x'.repeat(43);
const entry = { client: 'bff', sha256: hash('sha256', SECRET), scopes: ['schema:read'] };
const KEYS = { one: entry, old: { ...entry, client: 'b2', expires: '2020-01-01T00:00:00Z' } };

const folder = mkdtempSync(join(tmpdir(), 'walk-'));
const files = { keys: join(folder, 'keys.json'), merchantKey: join(folder, 'key.pem') };
const closing: (() => Promise<unknown>)[] = [
  () => Promise.resolve(rmSync(folder, { recursive: true })),
];
afterAll(async () => {
  for (const close of closing.toReversed()) {
    await close();
  }
});

let issuer: Issuer;
let credentials: Awaited<ReturnType<typeof startTestSandbox>>['credentials'];
let certificates: (which: 'none' | 'served') => Promise<unknown>;
beforeAll(async () => {
  const sandbox = await startTestSandbox();
  issuer = await startIssuer();
  closing.push(issuer.close, () => sandbox.close());
  ({ credentials } = sandbox);
  certificates = (which) =>
    fetch(`${sandbox.url}/sandbox/rules`, {
      method: 'POST',
      body: JSON.stringify({ certificates: which }),
    });
  writeFileSync(files.keys, JSON.stringify(KEYS));
  writeFileSync(files.merchantKey, credentials.WECHAT_MERCHANT_KEY);
});

/** A server in this process whose callers have API keys or tokens. */
async function started(changes: Readonly<Record<string, string | undefined>> = {}) {
  const log = collectLog();
  let hangup = () => {};
  const { WECHAT_MERCHANT_KEY: _, ...merchant } = credentials;
  const server = await start({
    env: {
      ...merchant,
      WECHAT_MERCHANT_KEY_FILE: files.merchantKey,
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      API_KEYS_FILE: files.keys,
      JWKS_URL: issuer.options.jwksUrl,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      ...changes,
    },
    log: log.log,
    requests: createRequestIds(),
    hangups: {
      onHangup: (reload) => {
        hangup = reload;
      },
    },
  });
  closing.push(() => server.close(5_000));
  return {
    log,
    url: server.url,
    /** What SIGHUP does, until the log says that it is done. */
    hangup: async () => {
      log.clear();
      hangup();
      await expect.poll(() => log.text(), { timeout: 8_000 }).toContain('SIGHUP');
    },
  };
}

type Running = Awaited<ReturnType<typeof started>>;
let running: Promise<Running> | undefined;
/** The server that most causes share. */
const server = () => {
  running ??= started();
  return running;
};

/** The log after SIGHUP with this content of a file, which is as before afterwards. */
async function reloadedWith(file: string, content: string, before: string) {
  const { log, hangup } = await server();
  writeFileSync(file, content);
  await hangup();
  writeFileSync(file, before);
  return log;
}

const parsedKeys = parseApiKeys(JSON.stringify(KEYS), Date.now());
const apiKeys: Way = {
  kind: 'api-keys',
  file: '',
  keys: 'problems' in parsedKeys ? [] : parsedKeys,
};
const wayOfTokens = (): Way => ({ kind: 'jwt', ...issuer.options });

/** How each check fails, and what is accepted beside it: the compiler finds one that is missing. */
const REFUSALS: Readonly<
  Record<FailedCredentialCheck, (given: { readonly token: Issuer['token'] }) => Promise<string>>
> = {
  'no-bearer': async () => '',
  'api-keys-are-off': async () => `one.${SECRET}`,
  'tokens-are-off': ({ token }) => token(),
  'unknown-key': async () => `${PERSONAL.phone}.${SECRET}`,
  'wrong-secret': async () => `one.${PERSONAL.phone}`,
  'expired-key': async () => `old.${SECRET}`,
  aud: ({ token }) => token({ aud: OPENID }),
  iss: ({ token }) => token({ iss: OPENID }),
  'iss-but-for-a-slash': ({ token }) => token({ iss: `${ISSUER}/` }),
  exp: ({ token }) => token({ exp: nowS() - 61 }),
  nbf: ({ token }) => token({ nbf: nowS() + 120 }),
  iat: ({ token }) => token({ iat: OPENID }),
  kid: ({ token }) => token({}, { kid: 'another' }),
  'kid-missing': ({ token }) => token({}, { kid: null }),
  signature: async ({ token }) => `${(await token()).split('.', 2).join('.')}.AAAA`,
  alg: async () =>
    await new SignJWT({ sub: OPENID })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(Buffer.from(SECRET)),
  malformed: async () => 'a.b.c',
};
const ALONE: Readonly<Partial<Record<string, () => readonly [Way]>>> = {
  'api-keys-are-off': () => [wayOfTokens()],
  'tokens-are-off': () => [apiKeys],
};

test('the runbook explains each reason for which a credential is refused', () => {
  checkRunbook(Object.keys(REFUSALS));
});

walk('Keys and credentials', {
  'credential refused': async (again) => {
    const log = collectLog();
    const refusals = createCountedLog(log.log);
    for (const [why, credential] of Object.entries(REFUSALS)) {
      const ways = ALONE[why]?.() ?? [apiKeys, wayOfTokens()];
      // Two keys that fit a token without a key id.
      issuer.publish(
        why === 'kid-missing'
          ? issuer.keys
              .replace(/{"keys":\[(.*)\]}/, '{"keys":[$1,$1]}')
              .replace(/"kid":"one"/, '"kid":"two"')
          : issuer.keys,
      );
      const authenticator = createAuthenticator({ kind: 'required', ways }, log.log, refusals);
      await again(async () => {
        const authorization = `Bearer ${await credential(issuer)}`;
        expect(await authenticator.authenticate(authorization), why).toBe('refused');
      });
    }
    expect(log.entries().map((line) => at(line, 'why'))).toEqual(Object.keys(REFUSALS));
    return log;
  },
  'page refused: its origin is not in CORS_ORIGINS': async (again) => {
    const { log, url } = await server();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    await again(() => fetch(`${url}/graphql`, { method: 'OPTIONS', headers }));
    return log;
  },
  'SIGHUP: reloaded': async () => {
    const { log, hangup } = await server();
    await hangup();
    return log;
  },
  'SIGHUP: reload failed, the previous values stay in use': () =>
    reloadedWith(files.merchantKey, rsaKeys().privatePem, credentials.WECHAT_MERCHANT_KEY),
  'API_KEYS_FILE reloaded': () =>
    reloadedWith(files.keys, JSON.stringify(KEYS), JSON.stringify(KEYS)),
  'API_KEYS_FILE is invalid, the previous keys stay in use': () =>
    reloadedWith(files.keys, '{}', JSON.stringify(KEYS)),
  'fetching the keys of JWKS_URL failed: tokens that need them get 503': async () => {
    const { log, hangup } = await server();
    issuer.setUp(false);
    await hangup();
    issuer.setUp(true);
    return log;
  },
  'platform certificates': async () => {
    await certificates('none');
    const { log, hangup } = await started({
      WECHAT_PUBLIC_KEY_ID: undefined,
      WECHAT_PUBLIC_KEY: undefined,
      WECHAT_PLATFORM_CERTIFICATES: 'auto',
    });
    await expect.poll(() => log.text(), { timeout: 8_000 }).toContain('platform certificates');
    const before = log.entries();
    await certificates('served');
    await hangup();
    await expect.poll(() => log.text(), { timeout: 8_000 }).toContain('serials');
    return { entries: () => [...before, ...log.entries()], text: log.text };
  },
});
