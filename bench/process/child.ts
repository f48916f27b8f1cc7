import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child process of the bench, controlled over a channel. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Sends a message and waits for its response. */
  readonly ask: (message: Question) => Promise<unknown>;
  /** Sets the cores that all its threads may run on. */
  readonly pin: (cores: Cores) => void;
  readonly isRunning: () => boolean;
  readonly stop: () => Promise<void>;
}

interface Question {
  readonly ask: string;
  readonly [detail: string]: unknown;
}

/** `0`, `1`, or both. */
export type Cores = '0' | '1' | '0,1';

export interface ChildOptions {
  readonly name: string;
  /** Path of the module that is run. */
  readonly entry: string;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly cores: Cores;
  /** Finds the URL in a line of its output, which ends the start. */
  readonly ready: (line: string) => string | undefined;
}

const START_MS = 30_000;
const ANSWER_MS = 120_000;
const STOP_MS = 12_000;
const KEPT_LINES = 15;
const MANY_FILES = 'ulimit -n "$(ulimit -Hn)" && exec "$@"';

/** Starts a module under this Node, pinned to cores, and waits until it is ready. */
export async function startChild(
  options: ChildOptions,
): Promise<Child & { readonly url: string; readonly startMs: number }> {
  const { entry, nodeOptions = [], env = {}, cwd, cores } = options;
  const node = [process.execPath, ...nodeOptions, entry];
  const started = performance.now();
  const child = spawn('sh', ['-c', MANY_FILES, 'sh', 'taskset', '-c', cores, ...node], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(cwd !== undefined && { cwd }),
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { pid = 0 } = child;
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const url = await readAddress(child, options);
  const startMs = performance.now() - started;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    child.kill('SIGTERM');
    const late = setTimeout(kill, STOP_MS);
    await ended;
    clearTimeout(late);
    process.off('exit', kill);
  };
  return {
    pid,
    url,
    startMs,
    ask: asker(child, options.name),
    pin: (to) => {
      execFileSync('taskset', ['-a', '-p', '-c', to, String(pid)], { stdio: 'ignore' });
    },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function asker(child: ChildProcess, name: string) {
  let last = 0;
  return (question: Question): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      const id = last;
      const late = setTimeout(() => {
        finish();
        reject(new Error(`${name} did not answer ${question.ask} in time.`));
      }, ANSWER_MS);
      const hear = (message: unknown) => {
        if (!isAnswer(message) || message.id !== id) {
          return;
        }
        finish();
        if (message.error === undefined) {
          resolve(message.answer);
        } else {
          reject(new Error(`${name}: ${message.error}`));
        }
      };
      const gone = () => {
        finish();
        reject(new Error(`${name} ended before it answered ${question.ask}.`));
      };
      const finish = () => {
        clearTimeout(late);
        child.off('message', hear);
        child.off('close', gone);
      };
      child.on('message', hear);
      child.once('close', gone);
      child.send({ ...question, id });
    });
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'id' in message;
}

function readAddress(child: ChildProcess, { name, ready }: ChildOptions): Promise<string> {
  const last: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}:\n${last.join('\n')}`));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      fail('did not start in time');
    }, START_MS);
    const take = (line: string) => {
      last.push(line);
      last.splice(0, last.length - KEPT_LINES);
      const url = ready(line);
      if (url !== undefined) {
        clearTimeout(late);
        resolve(url);
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) {
        createInterface(stream).on('line', take);
      }
    }
    child.once('close', (code, signal) => {
      clearTimeout(late);
      fail(`ended (${code ?? signal})`);
      if (signal !== 'SIGKILL' && signal !== 'SIGTERM' && code !== 0) {
        process.stderr.write(`${name} ended by itself (${code ?? signal}):\n${last.join('\n')}\n`);
      }
    });
  });
}
