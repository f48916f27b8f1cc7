import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Workdir extends AsyncDisposable {
  readonly path: string;
}

/** An empty directory that is gone at the end of its scope. */
export async function workdir(): Promise<Workdir> {
  const path = await mkdtemp(join(tmpdir(), 'payafter-reliability-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
