import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { all, atMost, type Experiment, holds, none, type Row } from '../experiment.ts';
import type { Environment } from '../support/environment.ts';
import { at, isObject, parse } from '../support/json.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const MOST_COMPONENTS = 100;

/** What npm installs: the same each time, complete, and without running any script. */
export const install: Experiment = {
  goal: 'G18',
  name: 'install',
  minutes: 2,
  run: async (scale, environment) => {
    const lock = parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
    const packages = Object.entries(at(lock, 'packages') ?? {}).filter(([path]) => path !== '');
    const runtime = packages.filter(([, one]) => at(one, 'dev') !== true);
    const size = `${packages.length} packages in the lockfile, ${runtime.length} at run time`;
    const whole = packages.filter(([, one]) => typeof at(one, 'integrity') === 'string');
    const scripts = runtime.filter(([, one]) => at(one, 'hasInstallScript') === true);
    const copies = packages.filter(([path]) => path.endsWith('node_modules/graphql'));
    return [
      all('packages with integrity', size, whole.length, packages.length),
      none(`install scripts at run time${names(scripts)}`, size, scripts.length),
      holds('copies of graphql', size, String(copies.length), '1'),
      atMost('components at run time (npm sbom)', size, await components(), MOST_COMPONENTS),
      ...(scale === 'full' ? [await sameTree(environment)] : []),
    ];
  },
};

function names(entries: readonly [string, unknown][]): string {
  return entries.length === 0 ? '' : ` (${entries.map(([path]) => path).join(', ')})`;
}

async function components(): Promise<number> {
  const args = ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'];
  const { stdout } = await run('npm', args, { cwd: ROOT, maxBuffer: 2 ** 26 });
  const list = at(parse(stdout), 'components');
  return Array.isArray(list) ? list.filter(isObject).length : Number.NaN;
}

/** npm ci in two empty directories: identical files. */
async function sameTree(environment: Environment): Promise<Row> {
  const one = await installed(environment);
  const other = await installed(environment);
  const differing = [...one].filter(([file, hash]) => other.get(file) !== hash).length;
  const missing = Math.abs(one.size - other.size);
  return none(
    'files that differ between two runs of npm ci',
    `${one.size} files`,
    differing + missing,
  );
}

async function installed(environment: Environment): Promise<ReadonlyMap<string, string>> {
  await using directory = await environment.workdir();
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(join(ROOT, file), join(directory.path, file));
  }
  const args = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', args, { cwd: directory.path, maxBuffer: 2 ** 26 });
  const entries = await readdir(directory.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  const hashes = new Map<string, string>();
  for (const file of files) {
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    hashes.set(file.slice(directory.path.length), hash);
  }
  return hashes;
}
