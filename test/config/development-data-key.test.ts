import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadOrCreateDevelopmentDataKey } from '../../src/config/database.ts';

test('servers that start together have one development data key, and leave no other file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'payafter-key-'));
  const url = `sqlite:${join(folder, 'new', 'payafter.db')}`;
  const keys = await Promise.all(
    Array.from({ length: 8 }, () => loadOrCreateDevelopmentDataKey(url)),
  );
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(await readdir(join(folder, 'new'))).toEqual(['payafter.db.key']);
  expect(await loadOrCreateDevelopmentDataKey(url)).toEqual(keys[0]);
  await rm(folder, { recursive: true });
});
