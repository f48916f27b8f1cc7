import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** GraphiQL, as somebody uses it who presses buttons and reads. */
export interface GraphiqlPage {
  readonly page: Page;
  readonly tabNames: () => Promise<readonly string[]>;
  /** Opens a tab by one click, and waits for its editors, which then find no fault in it. */
  readonly open: (tab: string) => Promise<void>;
  /** Presses the execute button; the answer of the server as the page got it, once it shows it. */
  readonly run: () => Promise<string>;
  /** Presses the execute button of a subscription; resolves when the server has taken it up. */
  readonly listen: () => Promise<void>;
  /** The lines of an editor from top to bottom, without spaces. */
  readonly shown: (editor: 'Operation Editor' | 'Variables' | 'Result Window') => Promise<string>;
}

export async function openGraphiql(page: Page, url: string): Promise<GraphiqlPage> {
  await page.goto(url);
  expect(page.url()).toBe(`${url}/graphql`);
  await page.getByRole('button', { name: 'Execute query' }).waitFor();

  const press = async () => {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    // Right after a run GraphiQL still takes the button for Stop: then it is pressed once more.
    const asked = page.waitForRequest((request) => request.method() === 'POST', { timeout: 2_000 });
    await page.getByRole('button', { name: 'Execute query' }).click();
    await asked.catch(() => page.getByRole('button', { name: 'Execute query' }).click());
    return await answered;
  };
  const shown: GraphiqlPage['shown'] = async (editor) => {
    const lines = page.getByRole('region', { name: editor }).locator('.view-line');
    const placed = await lines.evaluateAll((nodes) =>
      nodes.map((node) => ({
        top: node.getBoundingClientRect().top,
        text: node.textContent ?? '',
      })),
    );
    return withoutSpaces(
      placed
        .toSorted((one, other) => one.top - other.top)
        .map(({ text }) => text)
        .join(''),
    );
  };
  return {
    page,
    shown,
    tabNames: async () => (await page.getByRole('tab').allInnerTexts()).map((name) => name.trim()),
    open: async (tab) => {
      await page.getByRole('tab').getByRole('button', { name: tab, exact: true }).click();
      const begins = RegExp(`(query|mutation|subscription)${tab}\\(`);
      await expect.poll(() => shown('Operation Editor')).toMatch(begins);
      await expect.poll(() => page.locator('.squiggly-error').count()).toBe(0);
    },
    run: async () => {
      const text = await (await press()).text();
      await expect.poll(async () => isBeginning(await shown('Result Window'), text)).toBe(true);
      return text;
    },
    listen: async () => {
      const answer = await press();
      expect(answer.headers()['content-type']).toContain('text/event-stream');
    },
  };
}

/** The window shows as many lines as it has room for. */
function isBeginning(seen: string, text: string): boolean {
  const whole = withoutSpaces(text);
  return whole.startsWith(seen) && seen.length >= Math.min(whole.length, 200);
}

function withoutSpaces(text: string): string {
  return text.replace(/\s/g, '');
}
