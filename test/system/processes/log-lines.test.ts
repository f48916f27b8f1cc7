import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { spawnServer } from '../../fixtures/process/server-process.ts';
import { checkMessage } from '../../observability/walk/walk.ts';

const FAULTS = fileURLToPath(new URL('../../fixtures/process/fails-on-signal.ts', import.meta.url));

test('the lines of a process, from its .env to its end, are as the reference promises', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'payafter-lines-'));
  await writeFile(join(folder, '.env'), 'PORT=0\nSANDBOX_PORT=0\n');
  const server = spawnServer({ PORT: '0' }, ['--import', FAULTS], folder);
  await server.logged('url');
  server.kill('SIGUSR2');
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.stderr()).toBe('');
  const lines = { entries: server.lines, text: () => JSON.stringify(server.lines()) };
  checkMessage('read variables from a file', lines);
  checkMessage('uncaught error, shutting down', lines);
  checkMessage('shutting down: not ready, requests in flight finish', lines);
  checkMessage('stopped', lines);
  await rm(folder, { recursive: true });
});
