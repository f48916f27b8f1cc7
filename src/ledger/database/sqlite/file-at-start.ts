import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './sqlite.ts';

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
