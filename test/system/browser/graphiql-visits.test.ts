import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, type WatchedBrowser } from '../../fixtures/browser/browser.ts';
import { type GraphiqlPage, openGraphiql, TABS } from '../../fixtures/browser/graphiql-page.ts';
import { root, type SpawnedServer, spawnServer } from '../../fixtures/process/spawned-server.ts';

const SIZE = { width: 1280, height: 800 };

let browser: WatchedBrowser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe('without authentication', () => {
  let server: SpawnedServer;
  beforeAll(async () => {
    server = await spawnServer();
  });
  afterAll(async () => expect(await server?.stop()).toBe(0));

  test('a reload and a second window have the same tabs, whichever is open', async () => {
    const page = await browser.newPage(SIZE);
    const first = await openGraphiql(page, server.url);
    await expect.poll(first.tabNames).toEqual(TABS);
    for (const tab of ['Order', 'Events']) {
      await first.open(tab);
      // Before GraphiQL has stored it.
      await expect.poll(() => new URL(page.url()).searchParams.get('query') ?? '').toContain(tab);
      await page.reload();
      await page.getByRole('button', { name: 'Execute query' }).waitFor();
      expect(await first.tabNames()).toEqual(TABS);
      await expect.poll(() => first.shown('Operation Editor')).toContain(tab);
    }
    const second = await openGraphiql(await page.context().newPage(), server.url);
    expect(await second.tabNames()).toEqual(TABS);
    await second.open('UserState');
    expect(await second.run()).toContain('"AVAILABLE"');
  });

  test('a tab that the user has written is still there after a reload', async () => {
    const page = await browser.newPage(SIZE);
    await page.goto(`${server.url}/graphql?query=query+Mine{__typename}`);
    await page.getByRole('button', { name: 'Execute query' }).waitFor();
    await page.reload();
    const { tabNames, run } = await openGraphiql(page, server.url);
    expect(await tabNames()).toEqual([...TABS, 'Mine']);
    expect(await run()).toContain('"__typename":"Query"');
  });

  test('two walks in a row are two orders, without editing', async () => {
    const page = await browser.newPage(SIZE);
    const walk = async () => {
      const graphiql = await openGraphiql(page, server.url);
      await graphiql.open('CreateOrder');
      const [outOrderNo = ''] = /DEMO-\w+/.exec(await graphiql.run()) ?? [];
      const confirm = `${server.sandbox}/sandbox/orders/${outOrderNo}/confirm`;
      await fetch(confirm, { method: 'POST' });
      await graphiql.open('Order');
      expect(await graphiql.run()).toContain('"state":"USER_ACCEPTED"');
      await graphiql.open('CompleteOrder');
      expect(await graphiql.run()).toContain('"state":"FINISHED"');
      return outOrderNo;
    };
    expect(await walk()).not.toBe(await walk());
  });
});

describe('with authentication', () => {
  const folder = mkdtempSync(join(tmpdir(), 'graphiql-'));
  const keys = join(folder, 'keys.json');
  let server: SpawnedServer;
  let id: string;
  let secret: string;
  beforeAll(async () => {
    const scopes = 'orders:create,orders:read,orders:any,events:read,schema:read';
    const args = ['src/cli/key.ts', '--client', 'test', '--scopes', scopes, '--file', keys];
    const key = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim();
    [id = '', secret = ''] = key.split(/\.(.*)/s);
    server = await spawnServer({ env: { API_KEYS_FILE: keys } });
  });
  afterAll(async () => {
    expect(await server?.stop()).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test('the login of the browser reaches the schema and the operations of every tab', async () => {
    const page = await browser.newPage(SIZE, { username: id, password: secret });
    const graphiql = await openGraphiql(page, server.url);
    await hasSchema(page);
    await graphiql.open('UserState');
    expect(await graphiql.run()).toContain('"AVAILABLE"');
    await graphiql.open('CreateOrder');
    expect(await graphiql.run()).toContain('"CreatePayAfterOrderPayload"');
    await graphiql.open('Events');
    await graphiql.listen();
  });

  test('an Authorization header that is typed in one tab is sent for the others and after a reload', async () => {
    const page = await browser.newPage(SIZE, { username: id, password: secret });
    const graphiql = await openGraphiql(page, server.url);
    const sent: (string | undefined)[] = [];
    page.on('request', async (request) => {
      sent.push((await request.allHeaders())['authorization']);
    });
    await typeHeader(graphiql, `Bearer ${id}.${secret}`);
    await graphiql.run();
    await graphiql.open('Order');
    expect(await graphiql.run()).toContain('"payAfterOrder":null');
    expect([...new Set(sent)]).toEqual([`Bearer ${id}.${secret}`]);
    await stored(page, secret);
    sent.length = 0;
    const schema = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.reload();
    expect((await (await schema).request().allHeaders())['authorization']).toMatch(/^Bearer /);
    await hasSchema(page);
  });
});

test('the pages request nothing from another host, and the console has no errors', () => {
  expect(browser.outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});

/** Waits until GraphiQL has stored its tabs. */
async function stored(page: Page, text: string): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => Object.values(localStorage).join('\n')))
    .toContain(text);
}

async function hasSchema(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByText('createPayAfterOrder').first().waitFor();
  expect(await page.getByText('Error fetching schema').count()).toBe(0);
}

async function typeHeader({ page, open }: GraphiqlPage, authorization: string): Promise<void> {
  await open('UserState');
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  const editors = page.getByRole('region', { name: 'Headers' }).locator('.view-lines');
  await editors.filter({ visible: true }).click();
  await page.keyboard.insertText(JSON.stringify({ authorization }));
}
