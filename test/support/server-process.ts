import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/config/environment.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { CREATE } from './documents.ts';
import { orderInput } from './inputs.ts';
import { at, type JsonObject, parsed } from './json.ts';

const entry = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
/** The unit of Linux's own account of a process. */
const TICK_MS = 10;
const folder = fileURLToPath(new URL('.', import.meta.url));
/** A ledger on the disk would outlive the test. */
const IN_MEMORY = { DATABASE_URL: 'sqlite::memory:' };

/** Starts the server as a process of its own, in a folder without `.env`, with these variables alone. */
export function spawnServer(env: Environment, nodeOptions: readonly string[] = []) {
  const args = [...nodeOptions, entry];
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...IN_MEMORY, ...env } });
  const lines: unknown[] = [];
  let stderr = '';
  createInterface(child.stdout).on('line', (line) => {
    lines.push(parsed(line));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += String(chunk);
  });
  const exited = once(child, 'exit').then(([code, signal]: readonly unknown[]) => ({
    code,
    signal,
  }));
  return {
    exited,
    /** The processor time it has taken; undefined where the system does not tell. */
    processorMs: (): number | undefined => {
      const stat = `/proc/${child.pid}/stat`;
      const fields = existsSync(stat) ? readFileSync(stat, 'utf8').split(' ') : [];
      const [user, system] = fields.slice(13, 15).map(Number);
      return user === undefined || system === undefined ? undefined : (user + system) * TICK_MS;
    },
    lines: () => lines,
    stderr: () => stderr,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** The value of this field in the first line that has it. */
    logged: async (field: string): Promise<string> => {
      for (;;) {
        const found = lines.map((line) => at(line, field)).find((value) => value !== undefined);
        if (found !== undefined) {
          return String(found);
        }
        if (child.exitCode !== null) {
          throw new Error(`the server exited with ${child.exitCode}: ${stderr}`);
        }
        await sleep(10);
      }
    },
  };
}

/** A running server on a free port, before this sandbox; without one, before its own. */
export async function startServer(
  sandbox?: Sandbox,
  env: Environment = {},
  nodeOptions: readonly string[] = [],
) {
  const startMs = performance.now();
  const variables = { PORT: '0', SANDBOX_PORT: '0', ...sandbox?.credentials, ...env };
  const server = spawnServer(variables, nodeOptions);
  const url = await server.logged('url');
  const waitedMs = performance.now() - startMs;
  // A machine that is busy with other programs lets it wait, which is no fault of its own.
  const readyMs = server.processorMs() ?? waitedMs;
  const controls = sandbox?.url ?? (await server.logged('sandbox'));
  const json = { 'content-type': 'application/json' };
  const post = async (to: string, body: unknown) => {
    const response = await fetch(to, { method: 'POST', headers: json, body: JSON.stringify(body) });
    return parsed(await response.text());
  };
  const run = (query: string, variables: JsonObject = {}) =>
    post(`${url}/graphql`, { query, variables });
  const arrived = async () => {
    const calls: unknown = await (await fetch(`${controls}/sandbox/calls`)).json();
    const list: readonly unknown[] = Array.isArray(calls) ? calls : [];
    return list.some((call) => at(call, 'kind') === 'create');
  };
  const create = async (input = orderInput()) =>
    at(await run(CREATE, { input }), 'data', 'createPayAfterOrder');
  return {
    ...server,
    url,
    readyMs,
    waitedMs,
    run,
    create,
    /** A create that WeChat Pay has got and answers only after a while. */
    createUnderWay: async (input: JsonObject, ms: number) => {
      const fault = { on: 'create', fault: 'latency', ms, times: null };
      await post(`${controls}/sandbox/faults`, fault);
      const created = create(input).catch(() => 'cut');
      while (!(await arrived())) {
        await sleep(20);
      }
      return { created };
    },
  };
}

/** The status of a GET; 0 where nothing listens any more. */
export async function statusOf(url: string): Promise<number> {
  try {
    return (await fetch(url, { headers: { connection: 'close' } })).status;
  } catch {
    return 0;
  }
}
