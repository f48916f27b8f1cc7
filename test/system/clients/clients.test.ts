import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRequestIds } from '../../../src/http/request-headers.ts';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { type RunningServer, start } from '../../../src/start.ts';
import { collectLog } from '../../fixtures/app/log-lines.ts';
import { at, parsed } from '../../fixtures/json.ts';

const run = promisify(execFile);
/** The clients have a lockfile of their own. */
const HERE = fileURLToPath(new URL('.', import.meta.url));
const KEY_SCRIPT = fileURLToPath(new URL('../../../src/cli/key.ts', import.meta.url));
const ORDER = { payAfterOrder: { __typename: 'PayAfterOrder', state: 'CREATED' } };
const CREATED = { createPayAfterOrder: { __typename: 'CreatePayAfterOrderPayload' } };
const EVENT = { orderEvents: { __typename: 'OrderEvent', status: 'CREATED' } };

const folder = mkdtempSync(join(tmpdir(), 'clients-'));
const keys = join(folder, 'keys.json');
let authorization: string;
let server: RunningServer;

/** Installs the clients, unless they are there as the lockfile has them. None needs a script. */
function installClients(): void {
  // Written by npm at the end of an install.
  const file = join(HERE, 'node_modules', '.package-lock.json');
  const installed = statSync(file, { throwIfNoEntry: false });
  if ((installed?.mtimeMs ?? 0) < statSync(join(HERE, 'package-lock.json')).mtimeMs) {
    const args = ['ci', '--prefix', HERE, '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', [...args, '--loglevel=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

function startServer(env: Readonly<Record<string, string>> = {}) {
  return start({
    env: {
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      SANDBOX_PORT: '0',
      API_KEYS_FILE: keys,
      ...env,
    },
    log: collectLog().log,
    requests: createRequestIds(),
  });
}

beforeAll(async () => {
  installClients();
  const scopes = 'orders:create,orders:read,orders:any,events:read,schema:read';
  const args = [KEY_SCRIPT, '--client', 'test', '--scopes', scopes, '--file', keys];
  const { stdout } = await run(process.execPath, args);
  authorization = `Bearer ${stdout.trim()}`;
  server = await startServer();
}, 300_000);
afterAll(async () => {
  await server.close(5_000);
  rmSync(folder, { recursive: true });
});

/** What a program of that folder prints. Its client is the one of the lockfile there. */
async function program(name: string, { url }: { readonly url: string } = server): Promise<unknown> {
  const args = [join(HERE, name), `${url}/graphql`, authorization, folder];
  const { stdout } = await run(process.execPath, args, { cwd: HERE });
  return stdout === '' ? undefined : parsed(stdout);
}

test('urql works with its defaults, and with its exchange for persisted queries', async () => {
  expect(await program('urql.js')).toEqual({
    mutation: { methods: ['POST'], data: CREATED },
    query: { methods: ['GET'], data: ORDER },
    post: { methods: ['POST'], data: ORDER },
    // The hash first, which is refused; then the text.
    persisted: { methods: ['GET', 'GET'], data: ORDER },
    persistedPost: { methods: ['POST', 'POST'], data: ORDER },
  });
});

test('Apollo Client works by POST, by GET, with persisted queries and with subscriptions', async () => {
  expect(await program('apollo.js')).toEqual({
    mutation: { methods: ['POST'], data: CREATED },
    query: { methods: ['POST'], data: ORDER },
    get: { methods: ['GET'], data: ORDER },
    persisted: { methods: ['POST', 'POST'], data: ORDER },
    persistedGet: { methods: ['GET', 'POST'], data: ORDER },
    subscription: { data: EVENT },
  });
});

test('graphql-request, graphql-sse and graphql-ws work, with Authorization in any case', async () => {
  expect(await program('others.js')).toEqual({
    mutation: { methods: ['POST'], data: CREATED },
    query: { methods: ['POST'], data: ORDER },
    get: { methods: ['GET'], data: ORDER },
    sse: { data: EVENT },
    socket: { data: EVENT },
    socketUpper: { data: EVENT },
    socketHeaders: { data: EVENT },
  });
});

test('wechatpay-node-v3, which has only the certificate mode, calls the sandbox over plain HTTP', async () => {
  const sandbox = await startSandbox({ rules: { answersSignedBy: 'certificate' } });
  const answer = { status: 200, isVerified: true, byCertificate: true };
  expect(await program('wechatpay-node-v3.js', sandbox)).toEqual({ create: answer, query: answer });
  await sandbox.close();
});

test('curl without a content type prints what to send', async () => {
  const body = '{ "query": "{ __typename }" }';
  const args = ['-s', `${server.url}/graphql`, '-H', `authorization: ${authorization}`, '-d', body];
  const { stdout } = await run('curl', args);
  expect(at(parsed(stdout), 'errors')).toEqual([
    {
      message: expect.stringContaining('Send `content-type: application/json`'),
      extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    },
  ]);
});

describe('with the manifest of a tool', () => {
  beforeAll(async () => {
    await program('generate.js');
    await program('relay.js');
    await program('apollo-manifest.js');
  }, 120_000);

  test.each([
    ['graphql-codegen, SHA-256', 'gql/persisted-documents.json', /^sha256:[\da-f]{64}$/],
    ['graphql-codegen, SHA-1', 'sha1/persisted-documents.json', /^[\da-f]{40}$/],
    ["Relay's compiler", 'relay/persisted.json', /^[\da-f]{32}$/],
  ])('its documents are executed by their hashes: %s', async (_, output, form) => {
    const file = join(folder, output);
    const [documentId = ''] = Object.keys(parsedObject(readFileSync(file, 'utf8')));
    expect(documentId).toMatch(form);
    const trusting = await startServer({ TRUSTED_DOCUMENTS: file });
    const variables = { outOrderNo: 'CLIENT-2' };
    const extensions = { persistedQuery: { version: 1, sha256Hash: documentId } };
    for (const body of [
      { documentId, variables },
      { extensions, variables },
    ]) {
      const response = await fetch(`${trusting.url}/graphql`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(await response.json()).toEqual({ data: { payAfterOrder: null } });
    }
    const get = new URLSearchParams({ documentId, variables: JSON.stringify(variables) });
    const response = await fetch(`${trusting.url}/graphql?${get}`, { headers: { authorization } });
    expect(await response.json()).toEqual({ data: { payAfterOrder: null } });
    await trusting.close(5_000);
  });

  test('Apollo Client sends the ids of the manifest that generate-persisted-query-manifest wrote', async () => {
    const file = join(folder, 'apollo', 'persisted-query-manifest.json');
    const trusting = await startServer({ TRUSTED_DOCUMENTS: file });
    expect(await program('apollo-persisted.js', trusting)).toEqual({
      query: { methods: ['POST'], data: { payAfterOrder: null } },
    });
    await trusting.close(5_000);
  });
});

function parsedObject(text: string): object {
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? value : {};
}
