import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../reliability/main.ts', import.meta.url));
/** The suite runs the rules of access anyway; the others time things, which nothing else may disturb. */
const NOT_HERE = ['access', 'slow', 'overload'];

test('what the server bears, in small: kills, outages, faults, fuzzing, load and intruders', async () => {
  const except = NOT_HERE.flatMap((name) => ['--except', name]);
  const child = spawn(process.execPath, [MAIN, '--quick', ...except], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(output.split('\n').filter((line) => line.includes('FAIL'))).toEqual([]);
  expect(code, output).toBe(0);
}, 400_000);
