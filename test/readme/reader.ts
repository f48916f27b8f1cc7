import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnvironment, root, spawnServer } from '../browser/spawned-server.ts';
import type { Snippet } from './documents.ts';

/** Somebody who follows README.md, with a server of their own. */
export interface Reader {
  /** The documented ports, where they really are. */
  readonly mapped: (text: string) => string;
  /** Runs one snippet as a reader would and gives what it prints. */
  readonly printed: (snippet: Snippet) => Promise<string>;
  /** Gives the exit code of the server. */
  readonly close: () => Promise<unknown>;
}

interface Ran {
  readonly code: ExecFileException['code'];
  readonly output: string;
  readonly problem: string;
}

export async function startReader(): Promise<Reader> {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  const server = await spawnServer();
  const mapped = (text: string) =>
    text
      .replaceAll('127.0.0.1:4000', new URL(server.url).host)
      .replaceAll('127.0.0.1:4010', new URL(server.sandbox).host);
  const printed = async ({ language, code }: Snippet) => {
    switch (language) {
      case 'sh': {
        // A folder of its own: no .env of the checkout comes in.
        const script = mapped(code).replace('npm start', '"$NODE" "$SERVER"');
        const { output, problem } = await run('bash', ['-c', script], folder);
        return output + problem;
      }
      case 'js':
        return (await runNode(mapped(code), 'module')).output;
      case 'ts':
        return (await runNode(code, 'module-typescript')).output;
      case 'graphql': {
        const body = JSON.stringify({ query: code });
        const headers = { 'content-type': 'application/json' };
        return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
      }
      default:
        throw new Error(`A ${language} snippet can not be run.`);
    }
  };
  return {
    mapped,
    printed,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      return server.stop();
    },
  };
}

export function run(file: string, args: readonly string[], cwd = root): Promise<Ran> {
  const env = bareEnvironment({ NODE: process.execPath, SERVER: join(root, 'src/server.ts') });
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, timeout: 15_000 }, (error, output, problem) =>
      resolve({ code: error ? error.code : 0, output, problem }),
    );
  });
}

function runNode(code: string, type: string): Promise<Ran> {
  return run(process.execPath, [`--input-type=${type}`, '--eval', code]);
}
