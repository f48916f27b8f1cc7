import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startOptions, startVariables } from '../../scripts/start-options.ts';
import { callerVariables } from './caller.ts';
import { at, parse } from './json.ts';
import type { Workdir } from './workdir.ts';

/** The server as its users run it: in its own process. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** kill -9; resolves when the process has ended. */
  readonly kill: () => Promise<void>;
  /** The exit code; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** How many lines of level error it has logged, by message. */
  readonly errors: ReadonlyMap<string, number>;
  /** Resolves with the next line of its log that has this message. */
  readonly logged: (message: string) => Promise<unknown>;
}

export type Variables = Readonly<Record<string, string>>;

export interface ServerOptions {
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** A command that runs the rest of the line. */
  readonly within?: readonly string[];
}

const ENTRY = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
/** The merchant of the sandbox. */
const SANDBOX_MCHID = '1230000109';
const START_MS = 90_000;
const KEPT_LINES = 20;

/** The common configuration of all servers here. */
function environment(directory: string, variables: Variables): Variables {
  const onSandbox = variables['WECHAT_MCHID'] === SANDBOX_MCHID;
  return {
    // Production refuses the sandbox; nothing else is relaxed.
    ...(onSandbox ? { GRAPHIQL: 'off' } : { NODE_ENV: 'production' }),
    HOST: '127.0.0.1',
    PORT: '0',
    PATH: process.env['PATH'] ?? '',
    // One caller here represents many.
    RATE_LIMIT_PER_SECOND: '0',
    MAX_STREAMS_PER_CALLER: '10000',
    SHOPPER_RATE_LIMIT_PER_SECOND: '0',
    ...callerVariables(directory),
    ...variables,
  };
}

/** Starts the server as `npm start` does, with only these variables, and waits until it listens. */
export async function startServer(
  { path, watch, processes }: Workdir,
  variables: Variables,
  { node = [], within = [] }: ServerOptions = {},
): Promise<Server> {
  watch.learn(variables);
  const asStarted = [process.execPath, ...startOptions(), ...node, ENTRY];
  const [command = process.execPath, ...args] = [...within, ...asStarted];
  const child = spawn(command, args, {
    cwd: path,
    env: { ...startVariables(), ...environment(path, variables) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child);
  const kept = createWriteStream(join(path, `output-${child.pid}.log`));
  child.stdout.pipe(kept, { end: false });
  child.stderr.pipe(kept, { end: false });
  const exited = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      processes.delete(child);
      kept.end(() => resolve(code));
    }),
  );
  const errors = new Map<string, number>();
  const waiting = new Set<(entry: unknown) => void>();
  const url = await readUrl(child, (entry) => {
    const message = String(at(entry, 'msg'));
    if (at(entry, 'level') === 'error') {
      errors.set(message, (errors.get(message) ?? 0) + 1);
    }
    for (const listener of waiting) {
      listener(entry);
    }
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    pid: child.pid ?? 0,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
    kill,
    exited,
    errors,
    logged: (message) =>
      new Promise((resolve) => {
        const listener = (entry: unknown) => {
          if (at(entry, 'msg') === message) {
            waiting.delete(listener);
            resolve(entry);
          }
        };
        waiting.add(listener);
      }),
    [Symbol.asyncDispose]: kill,
  };
}

function readUrl(child: ChildProcess, onEntry: (entry: unknown) => void): Promise<string> {
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
      if (at(entry, 'msg') === 'ready') {
        clearTimeout(late);
        resolve(String(at(entry, 'url')));
      }
      onEntry(entry);
    });
    child.once('close', (code, signal) => {
      clearTimeout(late);
      fail(`ended (${code ?? signal})`);
    });
  });
}
