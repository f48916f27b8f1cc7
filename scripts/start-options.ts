import { readFileSync } from 'node:fs';

/** The options of Node with which `npm start` starts the server. */
export function startOptions(): readonly string[] {
  const file = new URL('../package.json', import.meta.url);
  const { scripts }: { scripts: { start: string } } = JSON.parse(readFileSync(file, 'utf8'));
  const options = /node ((?:--\S+ )*)src\/server\.ts$/.exec(scripts.start)?.[1];
  return options?.split(' ').filter((option) => option !== '') ?? [];
}
