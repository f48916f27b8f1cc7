import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { createTestApp, graphqlRequest } from '../../fixtures/app/test-app.ts';
import { serve } from '../../fixtures/http/port.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { at } from '../../fixtures/json.ts';
import { problemsOf } from '../../fixtures/process/environment.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const TEXT = 'query Type { __typename }';
const ID = createHash('sha256').update(TEXT).digest('hex');
const trustedDocuments = new Map([[ID, TEXT]]);
const TYPE = { data: { __typename: 'Query' } };
const persisted = (sha256Hash: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});

describe('with trusted documents', () => {
  const app = createTestApp({ trustedDocuments });
  const ask = async (body: unknown) => {
    const response = await app.fetch(graphqlRequest(body));
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  };

  test.each([
    ['documentId', { documentId: ID }],
    ['documentId with its algorithm', { documentId: `sha256:${ID}` }],
    ['persistedQuery', persisted(ID)],
  ])('a document of the manifest is executed by its %s', async (_, body) => {
    expect(await ask(body)).toEqual({ status: 200, answer: TYPE });
  });

  test.each([
    ['another document', { query: '{ __typename }' }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['the very text of one', { query: TEXT }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['a document beside an id', { query: TEXT, ...persisted(ID) }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['an unknown id', persisted('0'.repeat(64)), 'DOCUMENT_NOT_FOUND'],
    ['a name of every object', persisted('constructor'), 'DOCUMENT_NOT_FOUND'],
    ['nothing', {}, 'DOCUMENT_ID_REQUIRED'],
  ])('with trusted documents %s is refused', async (_, body, code) => {
    const { status, answer } = await ask(body);
    expect(status).toBe(400);
    expect(at(answer, 'errors', 0, 'extensions', 'code')).toBe(code);
    expect(at(answer, 'data')).toBeUndefined();
  });

  test('over WebSocket only documents of the manifest are executed', async () => {
    const clientFixture = await createAppWithClient({
      wechat: notificationOptions(),
      resources: { trustedDocuments },
    });
    const port = await serve(clientFixture);
    const socket = await openSocket(port.webSocketUrl);
    socket.send({ id: '1', type: 'subscribe', payload: { query: '', ...persisted(ID) } });
    expect(at(await socket.next(), 'payload')).toEqual(TYPE);
    await socket.next();
    socket.send({ id: '2', type: 'subscribe', payload: { query: TEXT } });
    expect(at(await socket.next(), 'payload', 0, 'extensions', 'code')).toBe(
      'TRUSTED_DOCUMENTS_ONLY',
    );
    socket.socket.terminate();
    await port.stop();
    await clientFixture.close();
  });
});

describe('without trusted documents', () => {
  const app = createTestApp();
  const REFUSAL = {
    errors: [
      {
        message: 'PersistedQueryNotSupported',
        extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
      },
    ],
  };

  test.each([
    ['documentId', { documentId: ID }],
    ['persistedQuery', persisted(ID)],
    ['persistedQuery and an empty query', { query: '', ...persisted(ID) }],
  ])('a hash without a text is answered so that the client sends the text: %s', async (_, body) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const response = await app.fetch(graphqlRequest(body, { accept }));
      expect([response.status, await response.json()]).toEqual([200, REFUSAL]);
    }
  });

  test('a hash without a text is answered in the same way by GET', async () => {
    const extensions = encodeURIComponent(JSON.stringify(persisted(ID).extensions));
    const headers = { accept: 'application/json' };
    const url = `http://app/graphql?extensions=${extensions}`;
    expect(await (await app.fetch(new Request(url, { headers }))).json()).toEqual(REFUSAL);
  });

  test('a text with its hash is executed', async () => {
    const response = await app.fetch(graphqlRequest({ query: TEXT, ...persisted(ID) }));
    expect(await response.json()).toEqual(TYPE);
  });

  test('a hash without a text is answered in the same way over WebSocket', async () => {
    const clientFixture = await createAppWithClient({ wechat: notificationOptions() });
    const port = await serve(clientFixture);
    const socket = await openSocket(port.webSocketUrl);
    socket.send({ id: '1', type: 'subscribe', payload: { query: '', ...persisted(ID) } });
    expect(at(await socket.next(), 'payload')).toEqual(REFUSAL.errors);
    socket.socket.terminate();
    await port.stop();
    await clientFixture.close();
  });
});

describe('the manifest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const hash = (algorithm: string) => createHash(algorithm).update(TEXT).digest('hex');
  const documentsOf = (manifest: unknown) => {
    const file = join(folder, 'manifest.json');
    writeFileSync(file, JSON.stringify(manifest));
    return loadConfig({ TRUSTED_DOCUMENTS: file }).trustedDocuments ?? new Map();
  };

  test.each<[string, unknown, object]>([
    ['of this server', { [ID]: TEXT }, { documentId: ID }],
    ['of codegen with sha256', { [`sha256:${ID}`]: TEXT }, { documentId: `sha256:${ID}` }],
    ['of codegen, by its bare hash', { [`sha256:${ID}`]: TEXT }, persisted(ID)],
    ['of codegen with its default sha1', { [hash('sha1')]: TEXT }, { documentId: hash('sha1') }],
    ['of Relay', { [hash('md5')]: TEXT }, { documentId: hash('md5') }],
    [
      'of Apollo',
      {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: ID, name: 'Type', type: 'query', body: TEXT }],
      },
      persisted(ID),
    ],
  ])('a manifest %s is read, and its documents are found', async (_, manifest, body) => {
    const app = createTestApp({ trustedDocuments: documentsOf(manifest) });
    expect(await (await app.fetch(graphqlRequest(body))).json()).toEqual(TYPE);
  });

  test.each<[string, unknown]>([
    ['another text', { [ID]: `${TEXT} ` }],
    ['a name', { Type: TEXT }],
    ['the hash of another algorithm', { [`sha256:${hash('sha1').slice(1)}`]: TEXT }],
    ['an id of Apollo that is no hash', { operations: [{ id: 'Type', body: TEXT }] }],
  ])('an id that is not the hash of its text is reported at the start: %s', (_, manifest) => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify(manifest));
    expect(problemsOf({ TRUSTED_DOCUMENTS: file })).toEqual([
      expect.stringMatching(/^TRUSTED_DOCUMENTS has 1 of 1 ids that are not the SHA-256, /),
    ]);
  });

  test.each(['', '[]', '{}', '{"a":1}', 'no json'])(
    'an invalid manifest is refused: %s',
    (content) => {
      const file = join(folder, 'other.json');
      writeFileSync(file, content);
      expect(problemsOf({ TRUSTED_DOCUMENTS: file })).toEqual([
        expect.stringContaining(
          'TRUSTED_DOCUMENTS is not a manifest: create one with: npm run documents',
        ),
      ]);
    },
  );
});
