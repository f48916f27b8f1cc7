import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const LOOPBACK = /^(https?:\/\/127\.0\.0\.1[:/]|data:|blob:)/;
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat(
  ['background-networking', 'component-update', 'sync'].map((what) => `--disable-${what}`),
);

export interface WatchedBrowser {
  /** A page of a browser that has never been here. */
  readonly newPage: (size: { readonly width: number; readonly height: number }) => Promise<Page>;
  /** What was asked of other hosts; it was not let out. */
  readonly outside: readonly string[];
  /** Errors of the pages and of their console. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

/** Chromium without any network but this machine's own. */
export async function launchBrowser(): Promise<WatchedBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  const outside: string[] = [];
  const complaints: string[] = [];
  return {
    newPage: async (viewport) => {
      const context = await browser.newContext({ viewport });
      await keepInside(context, outside);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') {
          complaints.push(message.text());
        }
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      return page;
    },
    outside,
    complaints,
    close: () => browser.close(),
  };
}

async function keepInside(context: BrowserContext, outside: string[]): Promise<void> {
  await context.route(
    (url) => !LOOPBACK.test(url.href),
    async (route) => {
      outside.push(route.request().url());
      await route.abort();
    },
  );
}
