import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly variable: string;
  /** Follows the name of the variable: `is missing: …`. */
  readonly problem: string;
}

/** The configuration has problems: fix all of them, then restart. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem }) => `- ${variable} ${problem}`);
    super(`Can't start with this configuration:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads single variables and collects problems. An empty variable counts as absent, and so does a
 * service link of Kubernetes. Quotes around a value are removed: `docker --env-file` keeps them.
 */
export interface EnvironmentReader {
  readonly problems: readonly ConfigProblem[];
  /** The names that were read so far. */
  readonly known: ReadonlySet<string>;
  /** The names that are set. */
  readonly given: readonly string[];
  readonly addProblem: (variable: string, problem: string) => void;
  readonly text: (variable: string) => string | undefined;
  /** The variable itself, or the content of the file that `<variable>_FILE` names. */
  readonly secret: (variable: string) => string | undefined;
  readonly whole: (variable: string, min: number, max: number) => number | undefined;
  readonly choice: <T extends string>(variable: string, ...words: readonly T[]) => T | undefined;
  readonly list: (variable: string) => readonly string[];
}

export function readEnvironment(env: Environment): EnvironmentReader {
  const problems: ConfigProblem[] = [];
  const known = new Set<string>();
  const links = serviceLinks(env);
  const note = (variable: string, problem: string) => {
    problems.push({ variable, problem });
  };
  const valueIn = (variable: string) =>
    links.has(variable)
      ? undefined
      : unquoted(env[variable] ?? '') ||
        (/_PROXY$/.test(variable) ? unquoted(env[variable.toLowerCase()] ?? '') : '') ||
        undefined;
  const text = (variable: string) => {
    known.add(variable);
    return valueIn(variable);
  };
  return {
    given: Object.keys(env).filter((name) => valueIn(name) !== undefined),
    problems,
    known,
    addProblem: note,
    text,
    secret: (variable) => {
      const file = text(`${variable}_FILE`);
      if (file === undefined) {
        return text(variable);
      }
      if (text(variable) !== undefined) {
        note(variable, `is set twice: remove it or ${variable}_FILE.`);
      }
      const read = readText(file);
      if ('problem' in read) {
        note(`${variable}_FILE`, `names a file that ${read.problem}: ${file}`);
        return undefined;
      }
      return unquoted(read.text);
    },
    whole: (variable, min, max) => {
      const value = text(variable);
      if (value === undefined) {
        return undefined;
      }
      const number = Number(value);
      if (/^\d+$/.test(value) && number >= min && number <= max) {
        return number;
      }
      note(variable, `must be a whole number from ${min} to ${max}.`);
      return undefined;
    },
    choice: (variable, ...words) => {
      const value = text(variable);
      const word = words.find((candidate) => candidate === value);
      if (value !== undefined && word === undefined) {
        note(variable, `must be one of: ${words.join(', ')}.`);
      }
      return word;
    },
    list: (variable) =>
      (text(variable) ?? '')
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
  };
}

/**
 * The variables that Kubernetes sets for each service of the namespace, such as
 * `SANDBOX_PORT=tcp://10.0.0.7:4010` for a service `sandbox`: they are no configuration.
 */
function serviceLinks(env: Environment): ReadonlySet<string> {
  const services = Object.entries(env)
    .filter(
      ([name, value = '']) => /^[A-Z0-9_]+_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value),
    )
    .map(([name]) => name.replace(/_PORT$/, ''));
  const links = services.map(
    (service) =>
      new RegExp(
        `^${service}_(PORT(_\\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?|SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?)$`,
      ),
  );
  return new Set(Object.keys(env).filter((name) => links.some((link) => link.test(name))));
}

/** Trimmed, and without quotes of one kind around the whole. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  const [, , inner] = /^(["'])(.*)\1$/s.exec(trimmed) ?? [];
  return inner === undefined || inner.includes(trimmed.charAt(0)) ? trimmed : inner.trim();
}

/** A text in UTF-8, or in UTF-16 as editors of Windows write it with a byte order mark. */
function readText(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    const bytes = readFileSync(file);
    const begin = bytes.subarray(0, 2).toString('hex');
    const encoding = begin === 'fffe' ? 'utf-16le' : begin === 'feff' ? 'utf-16be' : 'utf-8';
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? { problem: BINARY } : { text };
  } catch (error) {
    return error instanceof TypeError
      ? { problem: BINARY }
      : { problem: `cannot be read (${errorCode(error)})` };
  }
}

const BINARY =
  'is not text, such as apiclient_cert.p12 or a key in DER form; use the file in PEM form';

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
