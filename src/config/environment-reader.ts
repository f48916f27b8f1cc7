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

/** Reads single variables and collects problems. An empty variable counts as absent. */
export interface EnvironmentReader {
  readonly problems: readonly ConfigProblem[];
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
  const note = (variable: string, problem: string) => {
    problems.push({ variable, problem });
  };
  const text = (variable: string) => env[variable]?.trim() || undefined;
  return {
    problems,
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
      try {
        return readFileSync(file, 'utf8').trim();
      } catch (error) {
        note(`${variable}_FILE`, `names a file that cannot be read (${codeOf(error)}): ${file}`);
        return undefined;
      }
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
