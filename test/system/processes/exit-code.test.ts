import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The exit code of a run of one test, with the setup that all runs share. */
async function exitCodeOf(assertion: string): Promise<unknown> {
  const root = await mkdtemp(join(tmpdir(), 'payafter-run-'));
  const globalSetup = join(ROOT, 'test/fixtures/global-setup.ts');
  const config = { root, test: { globalSetup, globals: true, include: ['one.test.mjs'] } };
  await writeFile(join(root, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};`);
  await writeFile(join(root, 'one.test.mjs'), `test('one', () => { ${assertion} });`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', join(root, 'vitest.config.mjs')];
  const run = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
  const [code] = await once(run, 'exit');
  await rm(root, { recursive: true });
  return code;
}

test('a run of which a test fails exits with 1, any other with 0', async () => {
  expect(await exitCodeOf('expect(1).toBe(1);')).toBe(0);
  expect(await exitCodeOf('expect(1).toBe(2);')).toBe(1);
});
