import { readArguments } from '../src/cli/usage.ts';
import { findCycle, isOwn, type SourceFile, sourceFiles } from '../test/fixtures/docs/imports.ts';
import { filesOnPaths } from './structure/paths.ts';

/** `npm run structure`: the figures by which the layout of src is judged. */
const MOST_FILES = 12;
const SMALL_LINES = 60;
/** From what imports most to what imports nothing: an import to the left points upwards. */
const ORDER = [
  'server',
  'start',
  'app',
  'plugins',
  'schema',
  'orders',
  'ledger',
  'wechat',
  'domain',
];

const USAGE = `Usage: npm run structure -- [--paths]

Prints the figures by which the layout of src is judged.
`;
const { values } = readArguments(USAGE, { options: { paths: { type: 'boolean' } } });
const files = sourceFiles();
const folders = Map.groupBy(files, folderOf);

const rows = [...folders].toSorted(([one], [other]) => (one < other ? -1 : 1));
for (const [folder, own] of rows) {
  print(`${String(own.length).padStart(3)} files, median ${median(own)} lines  src/${folder}`);
}
const crowded = rows.filter(([, own]) => own.length > MOST_FILES).map(([folder]) => folder);
print(`\nfolders with more than ${MOST_FILES} files: ${crowded.length} ${crowded.join(', ')}`);
const small = files.filter(({ lines, path }) => lines <= SMALL_LINES && importersOf(path) === 1);
print(`files of at most ${SMALL_LINES} lines with one importer: ${small.length}`);
for (const { path, lines } of small) {
  print(`  ${lines} ${path}`);
}
print(`cycles: ${findCycle(files).length === 0 ? 0 : findCycle(files).join(' → ')}`);
const upward = files.flatMap(({ path, area, imports }) =>
  imports
    .filter((to) => isOwn(to) && rank(area) > rank(areaOf(to.to)) && rank(areaOf(to.to)) >= 0)
    .map(({ to }) => `${path} → ${to}`),
);
print(`upward imports: ${upward.length} ${upward.join(', ')}`);
const { create, notification } = await filesOnPaths();
print(`files on the path of one warm create over HTTP: ${create.length}`);
print(`files on the path of one notification: ${notification.length}`);
if (values.paths) {
  print(`\ncreate:\n${create.join('\n')}\n\nnotification:\n${notification.join('\n')}`);
}
process.exit(0);

function rank(area: string): number {
  return ORDER.indexOf(area);
}

function areaOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function folderOf({ path }: SourceFile): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function importersOf(path: string): number {
  return files.filter(({ imports }) => imports.some(({ to }) => to === path)).length;
}

function median(own: readonly SourceFile[]): number {
  const lines = own.map((file) => file.lines).toSorted((one, other) => one - other);
  return lines[Math.floor(lines.length / 2)] ?? 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
