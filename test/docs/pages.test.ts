import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  chinesePages,
  chinesePathOf,
  codeIn,
  englishPages,
  englishPathOf,
  isChinese,
  type Page,
  pageAt,
  pages,
  proseOf,
  type Snippet,
} from '../fixtures/docs/documents.ts';
import { isDead, linksOf } from '../fixtures/docs/links.ts';
import { root } from '../fixtures/process/spawned-server.ts';

/** README.md and the pages of docs/ are written in both languages; reference pages are English only. */
const inBoth = englishPages.filter(
  ({ path }) => path === 'README.md' || (/^docs\//.test(path) && !/^docs\/reference\//.test(path)),
);

/** Written by programs, with hundreds of rows of figures: the Chinese page sums them up. */
const REPORTS = ['docs/explanation/performance.md', 'docs/explanation/reliability.md'];

test.each(['README.md', 'README.zh-CN.md'])(
  '%s has at most 250 lines, so that it can be read in one sitting',
  (path) => {
    const lines = pageAt(path).text.split('\n').length - 1;
    expect(lines).toBeGreaterThan(50);
    expect(lines).toBeLessThanOrEqual(250);
  },
);

describe('both languages', () => {
  test('both languages have the same pages', () => {
    const translated = inBoth.map(({ path }) => chinesePathOf(path));
    expect(chinesePages.map(({ path }) => path).toSorted()).toEqual(translated.toSorted());
  });

  test.each(chinesePages.filter(({ path }) => !REPORTS.includes(englishPathOf(path))))(
    '$path has the headings, tables and snippets of its English page',
    (page) => {
      const original = pageAt(englishPathOf(page.path));
      expect(sketch(page)).toEqual(sketch(original));
      expect(page.snippets.map(withoutComments)).toEqual(original.snippets.map(withoutComments));
    },
  );

  test.each(chinesePages)('$path links to Chinese pages wherever there are some', (page) => {
    const english = linksOf(page).filter(
      ({ path }) =>
        path !== englishPathOf(page.path) &&
        !isChinese(pageAt(path)) &&
        isChinese(pageAt(chinesePathOf(path))) &&
        pageAt(chinesePathOf(path)).text !== '',
    );
    expect(english.map(({ target }) => target)).toEqual([]);
  });

  test.each(inBoth)('$path and its Chinese page link to each other', ({ path }) => {
    const chinese = chinesePathOf(path);
    expect(linksOf(pageAt(path)).map((link) => link.path)).toContain(chinese);
    expect(linksOf(pageAt(chinese)).map((link) => link.path)).toContain(path);
  });
});

describe('every page', () => {
  test.each(pages)('$path links to files and sections that exist', (page) => {
    const dead = linksOf(page).filter(isDead);
    expect(dead.map(({ target }) => target)).toEqual([]);
  });

  test.each(pages)('$path names source files that exist', ({ text }) => {
    const paths = codeIn(proseOf(text)).filter((code) =>
      /^(src|test|scripts|docs)\/[\w./-]+$/.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test.each(pages)('$path has one title, and no level of headings is skipped', ({ text }) => {
    const levels = levelsOf(text);
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  });

  test.each(['README.md', 'README.zh-CN.md'])(
    'every page of docs/ in its language is two clicks away from %s',
    (start) => {
      const first = linksOf(pageAt(start)).map(({ path }) => path);
      const second = first.flatMap((path) => linksOf(pageAt(path)).map((link) => link.path));
      const reached = new Set([...first, ...second]);
      const wanted = pages.filter(
        (page) =>
          page.path.startsWith('docs/') &&
          (isChinese(page) === isChinese(pageAt(start)) || page.path.startsWith('docs/reference/')),
      );
      expect(wanted.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
    },
  );
});

/** Levels of the headings, and what is code in the tables' first columns. */
function sketch({ text }: Page): readonly string[] {
  return [...proseOf(text).matchAll(/^(#+) |^\| (.*?) \|/gm)].map(([, heading, cell = '']) =>
    heading === undefined ? codeIn(cell).toSorted().join(' ') : heading,
  );
}

function levelsOf(text: string): readonly number[] {
  return [...proseOf(text).matchAll(/^(#+) /gm)].map(([, level = '']) => level.length);
}

/** Comments of a snippet, and the labels of a diagram, are in the language of the page. */
function withoutComments({ language, code }: Snippet): Snippet {
  if (language === 'mermaid') {
    return { language, code: code.replaceAll(/(: .*| as .*|\[[^\]]*\]|\|[^|]*\|)/g, '') };
  }
  return { language, code: code.replaceAll(/^\s*(\/\/|#).*\n|\s+(\/\/|#) .*$/gm, '') };
}
