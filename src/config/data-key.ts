import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const KEY_BYTES = 32;

/**
 * The data key of a development database: kept in a file beside it, made where there is none. For a
 * database in memory one that dies with it.
 * @returns 32 bytes
 */
export async function loadOrCreateDevelopmentDataKey(databaseUrl: string): Promise<Buffer> {
  const path = databaseUrl.slice('sqlite:'.length);
  if (path === ':memory:') {
    return randomBytes(KEY_BYTES);
  }
  const file = `${path}.key`;
  const kept = await readKey(file);
  if (kept !== undefined) {
    return kept;
  }
  const key = randomBytes(KEY_BYTES);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, key.toString('base64'), { mode: 0o600, flag: 'wx' });
  return key;
}

/** Undefined where there is no such file. A damaged one is not replaced: what it sealed would be lost. */
async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error(`${file} is damaged: restore it, or set DATA_KEY to the key it held.`);
  }
  return key;
}
