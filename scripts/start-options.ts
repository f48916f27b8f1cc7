import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The environment variables with which `npm start` starts the server. */
export function startVariables(): Readonly<Record<string, string>> {
  // The directory in which `npm start` runs.
  const directory = new URL('../node_modules/.cache/compiled', import.meta.url);
  return { NODE_COMPILE_CACHE: fileURLToPath(directory) };
}

/** The options of Node with which `npm start` starts the server. */
export function startOptions(): readonly string[] {
  const file = new URL('../package.json', import.meta.url);
  const { scripts }: { scripts: { start: string } } = JSON.parse(readFileSync(file, 'utf8'));
  const options = /node ((?:--\S+ )*)src\/server\.ts$/.exec(scripts.start)?.[1];
  return options?.split(' ').filter((option) => option !== '') ?? [];
}
