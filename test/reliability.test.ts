import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../scripts/reliability/main.ts', import.meta.url));

test('nothing is lost, in small: kills, outages, faults, cuts and load', async () => {
  const child = spawn(process.execPath, [MAIN, '--quick'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(output).not.toContain('FAIL');
  expect(code, output).toBe(0);
}, 120_000);
