import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addDotenv } from '../../src/config/dotenv.ts';
import { ConfigError } from '../../src/config/environment-reader.ts';
import { MERCHANT_KEY } from '../fixtures/process/environment.ts';

/** The environment after a file of these bytes was read, and what was said of it. */
function readFile(content: string | Uint8Array, env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'dotenv-'));
  try {
    const file = join(folder, '.env');
    writeFileSync(file, content);
    const variables = { ...env };
    return { ...addDotenv(variables, file), env: variables, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    return { env: {}, problems: error.problems.map(({ problem }) => problem) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

test('a byte order mark does not become a part of the first name', () => {
  expect(readFile('\uFEFFNODE_ENV=production\nPORT=1\n').env).toEqual({
    NODE_ENV: 'production',
    PORT: '1',
  });
});

test('carriage returns end a line too', () => {
  expect(readFile('PORT=1\r\nHOST=localhost\r\n').env).toEqual({ PORT: '1', HOST: 'localhost' });
  expect(readFile('PORT=1\rHOST=localhost\r').env).toEqual({ PORT: '1', HOST: 'localhost' });
});

test.each([
  ['UTF-16 with a byte order mark', utf16('PORT=1'), /^is UTF-16.*UTF-8/],
  ['the same, big endian', utf16('PORT=1').swap16(), /^is UTF-16.*UTF-8/],
  ['UTF-16 without one', Buffer.from('PORT=1', 'utf16le'), /^is UTF-16.*UTF-8/],
  ['GBK', Buffer.from([0x23, 0xb6, 0xcb, 0xbf, 0xda, 0x0a]), /^is not UTF-8/],
])('a file in %s is refused as a whole', (_, bytes, problem) => {
  expect(readFile(bytes).problems).toEqual([expect.stringMatching(problem)]);
});

test('the names of the variables are returned, and variables of the environment are not replaced', () => {
  const read = readFile('PORT=1\nHOST=a\nGRAPHIQL=off\n', { HOST: 'b', GRAPHIQL: ' ' });
  expect(read).toMatchObject({
    names: ['GRAPHIQL', 'PORT'],
    ignored: ['HOST'],
    env: { PORT: '1', HOST: 'b', GRAPHIQL: 'off' },
  });
});

test('a missing file, comments, quotes and values of several lines are not problems', () => {
  expect(addDotenv({}, '/nowhere/.env')).toBeUndefined();
  const key = `WECHAT_MERCHANT_KEY="${MERCHANT_KEY}" # the key`;
  const text = `# a comment\n\n  export PORT = 4000 # the port\nDATA_KEY=\n${key}\nHOST='a#b'\n`;
  expect(readFile(text)).toMatchObject({
    problems: [],
    env: { PORT: '4000', DATA_KEY: '', WECHAT_MERCHANT_KEY: MERCHANT_KEY, HOST: 'a#b' },
  });
});

describe('a line that would be lost without a message is a problem', () => {
  test.each([
    ['PORT=1\nDATABASE_URL=postgres://u:a#b@db/x', /^line 2 has a # inside .*DATABASE_URL.*quotes/],
    ['DATA_KEY=#abc', /^line 1 has a # inside the value of DATA_KEY/],
    ['PORT: 4000', /^line 1 is not of the form NAME=value/],
    ['PORT＝4000', /^line 1 is not of the form NAME=value/],
    ['PORT 4000', /^line 1 is not of the form NAME=value/],
    ['A="x\ny"\nPORT', /^line 3 is not of the form NAME=value/],
    ['PORT="4000', /^line 1 begins a quoted value of PORT that has no end/],
    ['HOST="a"b"', /^line 1 has text after the quoted value of HOST/],
    ['PORT=1\n\nPORT=2', /^line 3 sets PORT again/],
    ['NODE_OPTIONS=--inspect', /^line 1 sets NODE_OPTIONS, which Node.js reads earlier/],
    ['NODE_EXTRA_CA_CERTS=/ca.pem', /^line 1 sets NODE_EXTRA_CA_CERTS/],
  ])('the line %j is a problem', (text, problem) => {
    expect(readFile(text).problems).toEqual([expect.stringMatching(problem)]);
  });

  test('a key that is pasted without quotes is reported by its lines, and no part of it is shown', () => {
    const { problems } = readFile(`WECHAT_MERCHANT_KEY=${MERCHANT_KEY}`);
    expect(problems.length).toBeGreaterThan(20);
    for (const piece of MERCHANT_KEY.split('\n').slice(1, -2)) {
      expect(problems.join('\n')).not.toContain(piece);
    }
  });
});
