import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SpawnedServer {
  readonly url: string;
  /** Where the controls of the sandbox are that it started along. */
  readonly sandbox: string;
  /** Ends it by SIGTERM and gives its exit code. */
  readonly stop: () => Promise<unknown>;
}

/** What `npm start` runs, as a process of its own: free ports, the embedded sandbox, no `.env`. */
export async function spawnServer(): Promise<SpawnedServer> {
  const child = spawn(process.execPath, [join(root, 'src/server.ts')], {
    cwd: tmpdir(),
    env: bareEnvironment({ PORT: '0', SANDBOX_PORT: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const said = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    const told: unknown = JSON.parse(line);
    for (const [name, value] of Object.entries(told ?? {})) {
      said.set(name, String(value));
    }
    const url = said.get('url');
    const sandbox = said.get('sandbox');
    if (url !== undefined && sandbox !== undefined) {
      child.stdout.resume();
      const stop = async () => {
        child.kill('SIGTERM');
        const [code] = await exited;
        return code;
      };
      return { url, sandbox, stop };
    }
  }
  throw new Error('The server ended before it was ready.');
}

/** This process's environment, without what configures the server. */
export function bareEnvironment(own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR'].map((name) => [name, process.env[name]]);
  return { ...Object.fromEntries(inherited), ...own };
}
