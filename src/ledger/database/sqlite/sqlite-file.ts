import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, copyFile, link, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The file is gone or empty, and the commits of its write-ahead log would be deleted. */
class LostDatabaseError extends Error {
  override readonly name = 'LostDatabaseError';

  constructor(path: string) {
    super(
      `${path} is missing or empty, but its write-ahead log ${path}-wal is not: restore the file, or delete the log to begin a new ledger`,
    );
  }
}

/**
 * Whether a new ledger begins in a file that is there already and is empty.
 * @throws LostDatabaseError
 */
export async function beginsInEmptyFile(path: string): Promise<boolean> {
  const size = await sizeOf(path);
  if (size === undefined || size === 0) {
    if (((await sizeOf(`${path}-wal`)) ?? 0) > 0) {
      throw new LostDatabaseError(path);
    }
  }
  return size === 0;
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/**
 * Holds a lock beside the file for as long as this process lives. The file itself is locked only
 * while it is written, so that backups and tools can read it.
 * @returns how to release it; undefined if another server holds it
 */
export function holdInstanceLock(path: string): (() => void) | undefined {
  const lock = new DatabaseSync(`${path}-instance`);
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    return isBusy(error) ? undefined : () => {};
  }
  return () => lock.close();
}

/** SQLite's error code for a lock that another connection holds. */
const SQLITE_BUSY = 5;

/** The lower byte is the error, the others its details. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
  );
}

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
