import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, copyFile, link, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PRIVATE = 0o600;

/** The same extension as this file: TypeScript in a clone, JavaScript in the package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const PROCESS = new URL(`./copy-process${EXTENSION}`, import.meta.url);

/**
 * Copies a SQLite file, with its write-ahead log if that is not empty, under a name that is not used
 * yet; the copy is durable when this resolves. The caller holds the lock for writes: then a copy is
 * what a crash at this moment would leave, and opens as such.
 *
 * Another process does it: the locks of a process on a file end when it closes any descriptor of that
 * file, those of SQLite included.
 * @returns the path of the copy
 */
export async function copySqliteFile(path: string, suffix: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(PROCESS),
    path,
    suffix,
  ]);
  return stdout;
}

/**
 * The work of the other process.
 * @param mayLink called before the copy gets its name: whether the lock is still held
 */
export async function copyUnderLock(
  path: string,
  suffix: string,
  mayLink: () => boolean,
): Promise<string> {
  const partial = `${path}.${suffix}.partial-${process.pid}`;
  const hasLog = await hasContent(`${path}-wal`);
  try {
    await copyDurably(path, partial);
    if (hasLog) {
      await copyDurably(`${path}-wal`, `${partial}-wal`);
    }
    if (!mayLink()) {
      throw new Error('The process that holds the lock has ended.');
    }
    for (let number = 1; ; number += 1) {
      const copy = `${path}.${suffix}${number === 1 ? '' : `-${number}`}`;
      if (await linkNew(partial, copy)) {
        if (hasLog) {
          await link(`${partial}-wal`, `${copy}-wal`);
        }
        await syncDirectory(dirname(path));
        return copy;
      }
    }
  } finally {
    await removeIfThere(partial);
    await removeIfThere(`${partial}-wal`);
  }
}

export async function removeCopy(copy: string): Promise<void> {
  await removeIfThere(copy);
  await removeIfThere(`${copy}-wal`);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await removeIfThere(to);
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, PRIVATE);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Unlike a rename, a link never replaces a file. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function hasContent(path: string): Promise<boolean> {
  return await stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}
