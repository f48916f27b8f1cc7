import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError, type ConfigProblem, errorCode } from './environment-reader.ts';

/** What the file `.env` contains: names only, because values may be secret. */
export interface Dotenv {
  readonly file: string;
  /** Variables that it sets. */
  readonly names: readonly string[];
  /** Variables that the environment already had: its values are used. */
  readonly ignored: readonly string[];
}

/**
 * Adds the variables of a file to the environment; a variable that the environment has keeps its
 * value, unless that is empty.
 * @returns undefined if there is no such file
 * @throws ConfigError that names every line that would be ignored or cut off
 */
export function addDotenv(env: NodeJS.ProcessEnv, file = '.env'): Dotenv | undefined {
  const bytes = bytesOf(file);
  if (bytes === undefined) {
    return undefined;
  }
  const text = textOf(bytes);
  const problems = typeof text === 'string' ? problemsIn(text) : [text.problem];
  if (typeof text !== 'string' || problems.length > 0) {
    throw new ConfigError(problems.map((problem): ConfigProblem => ({ variable: file, problem })));
  }
  const names: string[] = [];
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (env[name]?.trim()) {
      ignored.push(name);
    } else {
      names.push(name);
      env[name] = value;
    }
  }
  return { file, names, ignored };
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') {
      return undefined;
    }
    const problem = `cannot be read (${code}): check its permissions, or remove it.`;
    throw new ConfigError([{ variable: file, problem }]);
  }
}

/** Without its byte order mark, which would become a part of the first name. */
function textOf(bytes: Buffer): string | { readonly problem: string } {
  const begin = bytes.subarray(0, 2).toString('hex');
  if (begin === 'fffe' || begin === 'feff' || bytes.includes(0)) {
    return { problem: 'is UTF-16, so that nothing in it would be read: save it as UTF-8.' };
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, '\n');
  } catch {
    return { problem: 'is not UTF-8: save it as UTF-8.' };
  }
}

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(["'`]?)/;
const BLANK = /^[ \t]*(#.*)?$/;

/** Node.js reads them before the file. */
const TOO_LATE = /^NODE_(OPTIONS|EXTRA_CA_CERTS|USE_SYSTEM_CA|USE_ENV_PROXY)$/;

/** Everything that parseEnv would ignore or cut off without a message. */
function problemsIn(text: string): readonly string[] {
  const problems: string[] = [];
  const values = new Map<string, string>();
  let line = 1;
  for (let rest = text; rest !== ''; ) {
    const [statement, problem, name, value] = readStatement(rest);
    if (problem !== undefined) {
      problems.push(`line ${line} ${problem}`);
    }
    if (name !== undefined && value !== undefined) {
      const before = values.get(name);
      if (before !== undefined && before !== value) {
        problems.push(`line ${line} sets ${shown(name)} again: remove one of the two lines.`);
      }
      if (TOO_LATE.test(name)) {
        problems.push(
          `line ${line} sets ${name}, which Node.js reads earlier: set it in the environment.`,
        );
      }
      values.set(name, value);
    }
    line += statement.split('\n').length;
    rest = rest.slice(statement.length + 1);
  }
  return problems;
}

/** The first statement of a text, its problem, and the name and the value that it sets. */
function readStatement(
  text: string,
): readonly [statement: string, problem?: string | undefined, name?: string, value?: string] {
  const [first = ''] = text.split('\n', 1);
  if (BLANK.test(first)) {
    return [first];
  }
  const [, name, quote = ''] = ASSIGNMENT.exec(first) ?? [];
  if (name === undefined) {
    return [
      first,
      'is not of the form NAME=value: fix it, put # before it, or quote a value of several lines.',
    ];
  }
  if (quote === '') {
    const value = first.slice(first.indexOf('=') + 1).trim();
    const cut = /(^|[^ \t])#/.test(value)
      ? `has a # inside the value of ${shown(name)}, which would end it there: put the value in quotes.`
      : undefined;
    return [first, cut, name, value];
  }
  const open = text.indexOf(quote);
  const close = text.indexOf(quote, open + 1);
  if (close < 0) {
    return [first, `begins a quoted value of ${shown(name)} that has no end: add the quote.`];
  }
  const [after = ''] = text.slice(close + 1).split('\n', 1);
  const statement = text.slice(0, close + 1 + after.length);
  const lost = BLANK.test(after)
    ? undefined
    : `has text after the quoted value of ${shown(name)}, which would be ignored: use the other kind of quotes.`;
  return [statement, lost, name, text.slice(open + 1, close)];
}

/** What looks like a name may be a piece of a key. */
function shown(name: string): string {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : 'a variable';
}
