import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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
  ])('one of the manifest is run by its %s', async (_, body) => {
    expect(await ask(body)).toEqual({ status: 200, answer: TYPE });
  });

  test.each([
    ['another document', { query: '{ __typename }' }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['the very text of one', { query: TEXT }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['a document beside an id', { query: TEXT, ...persisted(ID) }, 'TRUSTED_DOCUMENTS_ONLY'],
    ['an unknown id', persisted('0'.repeat(64)), 'DOCUMENT_NOT_FOUND'],
    ['a name of every object', persisted('constructor'), 'DOCUMENT_NOT_FOUND'],
    ['nothing', {}, 'DOCUMENT_ID_REQUIRED'],
  ])('%s is refused', async (_, body, code) => {
    const { status, answer } = await ask(body);
    expect(status).toBe(400);
    expect(at(answer, 'errors', 0, 'extensions', 'code')).toBe(code);
    expect(at(answer, 'data')).toBeUndefined();
  });

  test('the same holds over WebSocket', async () => {
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

describe('the manifest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['', '[]', '{}', '{"a":1}', 'no json'])('the manifest has to be one: %s', (content) => {
    const file = join(folder, 'other.json');
    writeFileSync(file, content);
    expect(problemsOf({ TRUSTED_DOCUMENTS: file })).toEqual([
      expect.stringContaining(
        'TRUSTED_DOCUMENTS is not a manifest: create one with: npm run documents',
      ),
    ]);
  });
});
