import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LOCKFILE = `${HERE}package-lock.json`;
/** Written by npm at the end of an install. */
const INSTALLED = `${HERE}node_modules/.package-lock.json`;

/** Whether the peers' packages are there, and as the lockfile has them. */
function isInstalled(): boolean {
  const installed = statSync(INSTALLED, { throwIfNoEntry: false });
  return installed !== undefined && installed.mtimeMs >= statSync(LOCKFILE).mtimeMs;
}

/** Installs the peers' packages into bench/node_modules where they are missing. None needs a script. */
export function install(): void {
  if (isInstalled()) {
    return;
  }
  process.stderr.write('Installing what the server is measured beside (bench/node_modules)…\n');
  const args = ['ci', '--prefix', HERE, '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', [...args, '--loglevel=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
