import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  chinese,
  codeIn,
  english,
  read,
  snippets,
  snippetsOf,
} from '../fixtures/docs/documents.ts';
import { root } from '../fixtures/process/spawned-server.ts';

const DOCUMENTS = ['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'CONTEXT.md', 'CHANGELOG.md'];

describe('both languages', () => {
  test('have the same snippets in the same order', () => {
    expect(snippetsOf(chinese)).toEqual(snippets);
  });

  test('have as many sections and table rows, and the same names in them', () => {
    expect(sketch(chinese)).toEqual(sketch(english));
  });
});

/** Levels of the headings, and what is code in the tables' first columns. */
function sketch(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^(#+) |^\| (.*?) \|/gm)].map(([, heading, cell = '']) =>
    heading === undefined ? codeIn(cell).join(' ') : heading,
  );
}

describe.each(DOCUMENTS)('%s', (name) => {
  const text = read(name);

  test('links to files and sections that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    const inside = targets.filter((target) => !/^https?:/.test(target));
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title));
    const missing = inside.filter((target) =>
      target.startsWith('#')
        ? !headings.includes(target.slice(1))
        : !existsSync(join(root, target)),
    );
    expect(missing).toEqual([]);
  });

  test('names source files that exist', () => {
    const paths = codeIn(text.replace(/^```.*?^```$/gms, '')).filter((code) =>
      /^(src|test|scripts|docs)\/[\w./-]+$/.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
