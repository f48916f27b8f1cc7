import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The environment variables with which `npm start` starts the server. */
export function startVariables(): Readonly<Record<string, string>> {
  return { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled') };
}

/** The options of Node with which `npm start` starts the server of this or another checkout. */
export function startOptions(root = ROOT): readonly string[] {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { scripts }: { scripts: { start: string } } = JSON.parse(text);
  const options = /node ((?:--\S+ )*)src\/server\.ts$/.exec(scripts.start)?.[1];
  return options?.split(' ').filter((option) => option !== '') ?? [];
}
