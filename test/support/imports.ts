import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

export interface Import {
  /** A file under src (`wechat/sign.ts`), or a package. */
  readonly to: string;
  readonly kind: 'value' | 'type' | 'dynamic';
}

export interface SourceFile {
  /** Relative to src. */
  readonly path: string;
  /** The folder, or for a file of src itself its name without `.ts`. */
  readonly area: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const STATIC =
  /^(?:import|export)\s+(?<type>type\s+)?(?:(?<names>\{[^}]*\}|[\w*\s,{}]+?)\s+from\s+)?'(?<to>[^']+)';/gm;
const DYNAMIC = /\bimport\(\s*'(?<to>[^']+)'\s*\)/g;

/** Every import of a module's text. Names that are all `type` make a type import. */
export function importsOf(text: string): readonly Import[] {
  const statics = [...text.matchAll(STATIC)].map(({ groups }): Import => {
    const names = (groups?.['names'] ?? '').replace(/[{}]/g, '').split(',');
    const given = names.map((name) => name.trim()).filter(Boolean);
    const types = given.length > 0 && given.every((name) => name.startsWith('type '));
    const kind = groups?.['type'] !== undefined || types ? 'type' : 'value';
    return { to: groups?.['to'] ?? '', kind };
  });
  const dynamics = [...text.matchAll(DYNAMIC)].map(
    ({ groups }): Import => ({ to: groups?.['to'] ?? '', kind: 'dynamic' }),
  );
  return [...statics, ...dynamics];
}

/** Every file under src with what it imports. */
export function sourceFiles(): readonly SourceFile[] {
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(src + path, 'utf8');
      const imports = importsOf(text).map(({ to, kind }) => ({ to: resolved(path, to), kind }));
      return { path, area: areaOf(path), lines: text.split('\n').length - 1, imports };
    });
}

export function areaOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

/** Whether an import is of a file under src. */
export function isOwn({ to }: Import): boolean {
  return to.endsWith('.ts');
}

function resolved(from: string, to: string): string {
  return to.startsWith('.') ? posix.join(posix.dirname(from), to) : to;
}

/** The first circle of imports that there is, as a list of paths; empty where there is none. */
export function findCycle(files: readonly SourceFile[]): readonly string[] {
  const next = new Map(
    files.map(({ path, imports }) => [path, imports.filter(isOwn).map(({ to }) => to)]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] => {
    if (trail.includes(path)) {
      return [...trail.slice(trail.indexOf(path)), path];
    }
    if (done.has(path)) {
      return [];
    }
    done.add(path);
    for (const to of next.get(path) ?? []) {
      const cycle = visit(to, [...trail, path]);
      if (cycle.length > 0) {
        return cycle;
      }
    }
    return [];
  };
  return files.map(({ path }) => visit(path, [])).find((cycle) => cycle.length > 0) ?? [];
}
