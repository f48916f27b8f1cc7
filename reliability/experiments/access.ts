import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { all, type Experiment, none } from '../experiment.ts';
import { at, parse } from '../support/json.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MATRIX = ['test/auth'];

/** The matrix of scopes, operations and owners of the test suite, counted here. */
export const access: Experiment = {
  goal: 'G13',
  name: 'access',
  minutes: 1,
  run: async (_scale, environment) => {
    await using directory = await environment.workdir();
    const report = join(directory.path, 'access.json');
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', ...MATRIX, '--reporter=json', `--outputFile=${report}`];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch(() => undefined);
    const result = parse(await readFile(report, 'utf8').catch(() => ''));
    const number = (name: string) => Number(at(result, name) ?? 0);
    const [tests, passed] = [number('numTotalTests'), number('numPassedTests')];
    const size = `${tests} tests of ${MATRIX.join(', ')}`;
    return [
      all('rules that pass: scopes, owners, refusals, unknown keys of tokens', size, passed, tests),
      none('rules that fail', size, number('numFailedTests')),
    ];
  },
};
