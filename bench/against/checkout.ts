import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Another commit of this repository, ready to be started. */
export interface Checkout extends Disposable {
  readonly directory: string;
  /** The text of one of its files; empty if it has no such file. */
  readonly read: (path: string) => Promise<string>;
}

/**
 * Checks a commit out in another directory. Installs its packages only if they differ from the ones
 * here.
 * @throws if git does not know the ref
 */
export async function checkOut(ref: string): Promise<Checkout> {
  const directory = join(await mkdtemp(join(tmpdir(), 'payafter-against-')), 'checkout');
  git('worktree', 'add', '--detach', directory, ref);
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (existsSync(join(ROOT, 'node_modules')) && lock(directory) === lock(ROOT)) {
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  } else {
    execFileSync('npm', ['ci', '--loglevel=error'], { cwd: directory, stdio: 'inherit' });
  }
  return {
    directory,
    read: (path) => readFile(join(directory, path), 'utf8').catch(() => ''),
    [Symbol.dispose]: () => {
      git('worktree', 'remove', '--force', directory);
    },
  };
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}
