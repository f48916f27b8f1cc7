import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startOptions, startVariables } from '../scripts/start-options.ts';
import { type Child, type Cores, startChild } from './process/child.ts';
import { serverEnvironment } from './server-environment.ts';
import type { Merchant, Variables } from './work/merchant.ts';
import type { Style } from './work/requests.ts';

/** A server that can be measured: ours, or what people would pick instead. */
export interface Candidate {
  readonly name: string;
  /** As a heading has it. */
  readonly title: string;
  readonly style: Style;
  readonly isOurs: boolean;
  /** A peer that also commits its intent to a disk before it calls WeChat Pay, as ours does. */
  readonly isDurable?: boolean;
  /** Of ours: another checkout than this one. */
  readonly root?: string;
}

export const OURS: Candidate = {
  name: 'ours',
  title: 'payafter-graphql',
  style: 'graphql',
  isOurs: true,
};
export const PEERS: readonly Candidate[] = [
  {
    name: 'express-axios',
    title: 'Express 5 + wechatpay-axios-plugin',
    style: 'rest',
    isOurs: false,
  },
  {
    name: 'express-axios-sqlite',
    title: 'Express 5 + wechatpay-axios-plugin + SQLite',
    style: 'rest',
    isOurs: false,
    isDurable: true,
  },
  {
    name: 'apollo-axios',
    title: 'Apollo Server 5 + wechatpay-axios-plugin',
    style: 'graphql',
    isOurs: false,
  },
  {
    name: 'express-v3',
    title: 'Express 5 + wechatpay-node-v3',
    style: 'rest',
    isOurs: false,
  },
];

export interface RunningServer extends Child {
  readonly candidate: Candidate;
  readonly port: number;
  /** To be sent with every request. */
  readonly headers: Variables;
  readonly startMs: number;
}

export interface ServerPlace {
  readonly merchant: Merchant;
  readonly upstreamUrl: string;
  /** An empty directory of its own. */
  readonly directory: string;
  readonly cores: Cores;
  /** Instead of its usual variables. */
  readonly changes?: Variables | undefined;
}

const GAUGE = new URL('./process/gauge.ts', import.meta.url).href;

/** Starts it as it would run in production, with the gauge imported. */
export async function startServer(
  candidate: Candidate,
  { merchant, upstreamUrl, directory, cores, changes }: ServerPlace,
): Promise<RunningServer> {
  const own = candidate.isOurs ? await serverEnvironment(directory) : { env: {}, headers: {} };
  const child = await startChild({
    name: candidate.title,
    entry: entryOf(candidate),
    nodeOptions: [...(candidate.isOurs ? startOptions(candidate.root) : []), '--import', GAUGE],
    cwd: directory,
    cores,
    env: {
      NODE_ENV: 'production',
      ...(candidate.isOurs ? startVariables() : {}),
      ...merchant.variables,
      WECHAT_BASE_URL: upstreamUrl,
      ...own.env,
      ...changes,
    },
    ready: candidate.isOurs ? readyLine : (line) => /^peer (http:\S+)/.exec(line)?.[1],
  });
  return { ...child, candidate, headers: own.headers, port: Number(new URL(child.url).port) };
}

function readyLine(line: string): string | undefined {
  return /"url":"(http:[^"]+)"[^}]*"msg":"ready"/.exec(line)?.[1];
}

function entryOf({ isOurs, root, name }: Candidate): string {
  if (root !== undefined) {
    return join(root, 'src/server.ts');
  }
  return pathOf(isOurs ? '../src/server.ts' : `./peers/${name}.js`);
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
