import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readApiKeyFile } from '../auth/api-key-file.ts';
import type { Authentication, Way } from '../auth/authenticator.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import type { Outbound } from './forward-proxy.ts';

const LOOPBACK_HTTP = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/;

const DOCUMENTS_VARIABLE = 'TRUSTED_DOCUMENTS';

/**
 * API keys, tokens, or both; none only on a loopback address, with the sandbox or on purpose.
 * @param why why authentication is required, if it is
 */
export function readAuthentication(
  from: EnvironmentReader,
  why: 'production' | 'a real merchant' | undefined,
  outbound: Outbound,
): Authentication {
  const allowed = from.choice('ALLOW_UNAUTHENTICATED', 'true', 'false') === 'true';
  const [way, ...others] = [...readApiKeys(from), ...readTokens(from, outbound)];
  if (way !== undefined) {
    return { kind: 'required', ways: [way, ...others] };
  }
  if (why !== undefined && !allowed) {
    const problem = `is missing, and JWKS_URL too: ${why} requires authentication. Set API_KEYS_FILE or JWKS_URL. Create a key with: npm run key -- --client <name> --scopes <scopes> --file keys.json. To let every program on this machine move money, set ALLOW_UNAUTHENTICATED=true.`;
    from.addProblem('API_KEYS_FILE', problem);
  }
  return { kind: 'none' };
}

function readApiKeys(from: EnvironmentReader): readonly Way[] {
  const file = from.text('API_KEYS_FILE');
  if (file === undefined) {
    return [];
  }
  const keys = readApiKeyFile(file);
  if ('problems' in keys) {
    for (const problem of keys.problems) {
      from.addProblem('API_KEYS_FILE', problem);
    }
    return [{ kind: 'api-keys', file, keys: [] }];
  }
  return [{ kind: 'api-keys', file, keys }];
}

function readTokens(
  from: EnvironmentReader,
  { proxyFor, allowInsecure }: Outbound,
): readonly Way[] {
  const jwksUrl = from.text('JWKS_URL');
  const issuer = from.text('JWT_ISSUER');
  const audience = from.text('JWT_AUDIENCE');
  const claims = {
    scopeClaim: from.text('JWT_SCOPE_CLAIM'),
    openidClaim: from.text('JWT_OPENID_CLAIM'),
  };
  const isUsed = [jwksUrl, issuer, audience, ...Object.values(claims)].some(
    (value) => value !== undefined,
  );
  if (!isUsed) {
    return [];
  }
  for (const [variable, value] of Object.entries({
    JWKS_URL: jwksUrl,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
  })) {
    if (value === undefined) {
      from.addProblem(variable, 'is missing: set JWKS_URL, JWT_ISSUER and JWT_AUDIENCE together.');
    }
  }
  if (jwksUrl !== undefined && !isKeyUrl(jwksUrl, allowInsecure)) {
    from.addProblem(
      'JWKS_URL',
      'must be an https URL; http is allowed only for loopback addresses, and inside a private network with ALLOW_INSECURE_UPSTREAM=true.',
    );
  }
  return [
    {
      kind: 'jwt',
      jwksUrl: jwksUrl ?? '',
      issuer: issuer ?? '',
      audience: audience ?? '',
      ...claims,
      proxy: jwksUrl && proxyFor(jwksUrl),
    },
  ];
}

function isKeyUrl(url: string, allowInsecure: boolean): boolean {
  const isHttp = allowInsecure ? url.startsWith('http://') : LOOPBACK_HTTP.test(url);
  return URL.canParse(url) && (url.startsWith('https://') || isHttp);
}

/** Texts of documents by id; undefined if every document may be executed. */
export function readDocuments(from: EnvironmentReader): ReadonlyMap<string, string> | undefined {
  const file = from.text(DOCUMENTS_VARIABLE);
  if (file === undefined) {
    return undefined;
  }
  const entries = manifestEntries(file);
  const documents = new Map(entries.filter((entry) => isDocument(entry)));
  if (documents.size === 0 || documents.size < entries.length) {
    const command = `npm run documents -- <folder> --out ${file}`;
    from.addProblem(DOCUMENTS_VARIABLE, `is not a manifest: create one with: ${command}`);
    return undefined;
  }
  const wrong = [...documents].filter(([id, text]) => !isHashOf(id, text)).map(([id]) => id);
  if (wrong.length > 0) {
    const problem = `has ${wrong.length} of ${documents.size} ids that are not the SHA-256, SHA-1 or MD5 of their text in hexadecimal, such as ${wrong[0]?.slice(0, 80)}: create the manifest again.`;
    from.addProblem(DOCUMENTS_VARIABLE, problem);
  }
  return new Map([...documents].map(([id, text]) => [bareId(id), text]));
}

/**
 * Ids and texts: `{ id: text }` of this server, of graphql-codegen or of Relay, or the operations of
 * Apollo's manifest. Empty if the file holds neither.
 */
function manifestEntries(file: string): readonly [string, unknown][] {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    const operations = memberOf(manifest, 'operations');
    return Array.isArray(operations)
      ? operations.map((one) => [String(memberOf(one, 'id')), memberOf(one, 'body')])
      : membersOf(manifest);
  } catch {
    // Reported like any other invalid file.
    return [];
  }
}

function memberOf(value: unknown, name: string): unknown {
  return membersOf(value).find(([key]) => key === name)?.[1];
}

function membersOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function isDocument(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

/** By the number of hexadecimal digits. */
const ALGORITHMS = new Map([
  [64, 'sha256'],
  [40, 'sha1'],
  [32, 'md5'],
]);

function isHashOf(id: string, text: string): boolean {
  const algorithm = ALGORITHMS.get(bareId(id).length);
  return algorithm !== undefined && createHash(algorithm).update(text).digest('hex') === bareId(id);
}

/** Without the name of the algorithm, as requests are looked up. */
function bareId(id: string): string {
  return id.replace(/^(?:sha256|sha1|md5):/, '');
}
