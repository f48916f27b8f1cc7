import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../browser/spawned-server.ts';

export interface Snippet {
  readonly language: string;
  readonly code: string;
}

export const read = (name: string) => readFileSync(join(root, name), 'utf8');

export const english = read('README.md');
export const chinese = read('README.zh-CN.md');
export const snippets = snippetsOf(english);

export function snippetsOf(markdown: string): readonly Snippet[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** The one snippet of a language; an empty text where there is none. */
export function snippetIn(language: string): string {
  return snippets.find((snippet) => snippet.language === language)?.code ?? '';
}

export function codeIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The rows of the table of README.md whose head begins so: cells as they are written. */
export function tableOf(head: string): readonly (readonly string[])[] {
  const [, after] = english.split(`\n| ${head} |`);
  const [table = ''] = (after ?? '').split('\n\n');
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').slice(1, -1));
}

/** What is written as code in the first column of that table. */
export function firstColumn(head: string): readonly string[] {
  return tableOf(head).flatMap(([cell = '']) => codeIn(cell));
}
