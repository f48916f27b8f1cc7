import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { at, parse } from './json.ts';

/** The server as its users run it: a process of its own. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly isRunning: () => boolean;
  /** kill -9; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** How many lines of level error it has logged, by message. */
  readonly errors: ReadonlyMap<string, number>;
}

export type Variables = Readonly<Record<string, string>>;

const ENTRY = fileURLToPath(new URL('../../../src/server.ts', import.meta.url));
const START_MS = 30_000;
const KEPT_LINES = 20;

/**
 * Starts src/server.ts with these variables alone, and waits until it listens.
 * @param cwd a directory without a `.env`
 */
export async function startServer(cwd: string, variables: Variables): Promise<Server> {
  const child = spawn(process.execPath, [ENTRY], {
    cwd,
    env: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const errors = new Map<string, number>();
  const url = await readUrl(child, errors);
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill,
    errors,
    [Symbol.asyncDispose]: kill,
  };
}

function readUrl(child: ChildProcess, errors: Map<string, number>): Promise<string> {
  const last: string[] = [];
  const keep = (line: string) => {
    last.push(line);
    last.splice(0, last.length - KEPT_LINES);
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The server ${why}:\n${last.join('\n')}`));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      fail('did not start in time');
    }, START_MS);
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) {
      fail('has no output');
      return;
    }
    createInterface(stderr).on('line', keep);
    createInterface(stdout).on('line', (line) => {
      keep(line);
      const entry = parse(line);
      const message = String(at(entry, 'msg'));
      if (message === 'ready') {
        clearTimeout(late);
        resolve(String(at(entry, 'url')));
      }
      if (at(entry, 'level') === 'error') {
        errors.set(message, (errors.get(message) ?? 0) + 1);
      }
    });
    child.once('close', (code, signal) => {
      clearTimeout(late);
      fail(`ended (${code ?? signal})`);
      if (signal !== 'SIGKILL') {
        process.stderr.write(
          `The server ended by itself (${code ?? signal}):\n${last.join('\n')}\n`,
        );
      }
    });
  });
}
