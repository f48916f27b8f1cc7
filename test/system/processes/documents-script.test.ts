import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { at } from '../../fixtures/json.ts';
import { problemsOf } from '../../fixtures/process/environment.ts';

const TEXT = 'query Type { __typename }';
const ID = createHash('sha256').update(TEXT).digest('hex');

describe('the manifest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const script = fileURLToPath(new URL('../../../src/cli/documents.ts', import.meta.url));
  const out = join(folder, 'manifest.json');
  const make = () =>
    promisify(execFile)(process.execPath, [script, folder, '--out', out]).then(
      ({ stdout }) => stdout,
      (error: unknown) => String(at(error, 'stderr')),
    );

  test('the manifest is made of a folder, and names every document that would be refused', async () => {
    writeFileSync(join(folder, 'a.graphql'), TEXT);
    expect(await make()).toBe(`1 document in ${out}\n`);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ [ID]: TEXT });
    const config = loadConfig({ TRUSTED_DOCUMENTS: out });
    expect([...(config.trustedDocuments ?? [])]).toEqual([[ID, TEXT]]);
    expect(config.graphiql).toBe(false);
    expect(problemsOf({ TRUSTED_DOCUMENTS: out, GRAPHIQL: 'on' })).toEqual([
      expect.stringMatching(/^GRAPHIQL cannot be on with TRUSTED_DOCUMENTS/),
    ]);
    writeFileSync(join(folder, 'b.graphql'), 'query {\n  nothing\n}');
    expect(await make()).toMatch(/^b\.graphql: line 2: Cannot query field "nothing"/);
  }, 60_000);
});
