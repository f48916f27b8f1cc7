import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Watch } from './watch.ts';

/** The directories of servers, which are scanned for leaks. */
export interface Workdir extends AsyncDisposable {
  readonly path: string;
  readonly watch: Watch;
  /** Servers that still run, to be stopped with the run. */
  readonly processes: Set<ChildProcess>;
}

/** An empty directory that is scanned and removed at the end of its scope. */
export async function workdir(watch: Watch, processes: Set<ChildProcess>): Promise<Workdir> {
  const path = await mkdtemp(join(tmpdir(), 'payafter-reliability-'));
  return {
    path,
    watch,
    processes,
    [Symbol.asyncDispose]: async () => {
      await lookThrough(watch, path);
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Key files belong to their owners; every other file must contain neither keys nor personal data.
 */
const KEY_FILES = /\.(pem|key)$/;

export async function lookThrough(watch: Watch, directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !KEY_FILES.test(entry.name)) {
      watch.look(entry.name, await readFile(file).catch(() => ''));
    }
  }
}
