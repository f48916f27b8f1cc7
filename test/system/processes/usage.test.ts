import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spawnServer } from '../../fixtures/process/server-process.ts';
import { bareEnvironment, root } from '../../fixtures/process/spawned-server.ts';

const PROGRAMS = ['src/server.ts', 'src/cli/key.ts'];

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], cwd = tmpdir(), env = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd, env: bareEnvironment(env) };
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

test.each(PROGRAMS)(
  '%s prints its usage for --help, and ends with 2 for what it does not know',
  async (program) => {
    const path = join(root, program);
    const help = await run(process.execPath, [path, '--help']);
    expect(help).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage: npm /),
    });
    const misuse = await run(process.execPath, [path, '--nonsense']);
    expect(misuse).toMatchObject({ code: 2, stdout: '' });
    expect(misuse.stderr).toContain(help.stdout);
    expect(misuse.stderr).not.toContain('    at ');
  },
);

test('a command whose reader is gone ends without a stack', async () => {
  const doctor = `"${process.execPath}" "${join(root, 'src/cli/doctor.ts')}" | true`;
  expect(await run('/bin/sh', ['-c', doctor])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('the ledger is for the user of the server only, and the doctor names secrets that are not', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'permissions-'));
  const ledger = { DATABASE_URL: 'sqlite:data/ledger.db' };
  const server = spawnServer({ PORT: '0', SANDBOX_PORT: '0', ...ledger }, [], cwd);
  await server.logged('url');
  const files = await readdir(join(cwd, 'data'));
  const modes = await Promise.all(
    files.map(async (file) => (await stat(join(cwd, 'data', file))).mode & 0o777),
  );
  expect(files).toContain('ledger.db');
  expect(new Set(modes)).toEqual(new Set([0o600]));
  server.kill('SIGTERM');
  await server.exited;

  await writeFile(join(cwd, '.env'), 'GRAPHIQL=off\n', { mode: 0o644 });
  const doctor = join(root, 'src/cli/doctor.ts');
  const { stdout } = await run(process.execPath, [doctor], cwd, ledger);
  expect(stdout.match(/^warn .*can be read by every user.*$/gm)).toEqual([
    'warn .env: .env can be read by every user of this machine: chmod 600 .env',
  ]);
  await rm(cwd, { recursive: true });
});
