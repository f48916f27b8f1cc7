import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
/** The scenarios with other servers install them first; these parts need nothing but our own. */
const PARTS = ['stages', 'subscriptions'];

test('a quick run of the bench prints figures and exits with 0', async () => {
  const args = [MAIN, '--quick', ...PARTS.flatMap((part) => ['--only', part])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code, output).toBe(0);
  expect(output).toContain('ledger write');
}, 400_000);
