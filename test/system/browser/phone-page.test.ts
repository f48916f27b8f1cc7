import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { launchBrowser, type WatchedBrowser } from '../../fixtures/browser/browser.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { startReceiver } from '../../fixtures/sandbox/receiver.ts';
import {
  createServiceMerchant,
  type ServiceMerchant,
} from '../../fixtures/sandbox/service-orders.ts';

const SIZE = { width: 1280, height: 904 };
let sandbox: Sandbox;
let browser: WatchedBrowser;
let phone: Page;
let merchant: Merchant;
let service: ServiceMerchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  [sandbox, browser] = await Promise.all([
    startSandbox({ notifyUrl: receiver.url, rules: { payDelaySeconds: null } }),
    launchBrowser(),
  ]);
  merchant = createMerchant(sandbox.credentials);
  service = createServiceMerchant(sandbox.credentials);
  phone = await browser.newPage(SIZE);
});
afterAll(async () => {
  await browser?.close();
  await sandbox?.close();
  receiver?.close();
});

const stateOf = async (outOrderNo: string) => {
  const { state, state_description: description } = await service.query(outOrderNo);
  return [state, description ?? null];
};
const button = (name: string) => phone.getByRole('button', { name });

/** What axe finds to be serious or critical on a page. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${axe.source}; undefined`);
  const found: unknown = await page.evaluate(
    `axe.run(document).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
  return Array.isArray(found) ? found.map(String) : [String(found)];
}

describe('the phone page', () => {
  test('a service order goes from its create to its payment by the keyboard only', async () => {
    await service.create(service.order({ out_order_no: 'KEYS', service_introduction: '海边民宿' }));
    await merchant.create({ out_order_no: 'LATER' });
    await phone.goto(sandbox.url);
    await phone.getByText('LATER').first().waitFor();

    await focusByTab('entry-service-order-KEYS');
    await phone.keyboard.press('Enter');
    await phone.getByRole('heading', { name: '海边民宿' }).waitFor();
    await focusByTab('confirm');
    await phone.keyboard.press('Enter');
    await phone.getByText('已确认使用').waitFor();
    await expect.poll(() => stateOf('KEYS')).toEqual(['DOING', 'USER_CONFIRM']);
    expect(await focusedId(), 'the focus stays where it was').toBe('confirm');
    await service.advance(5);
    await service.complete('KEYS', 400);
    await phone.getByText('待支付').first().waitFor();
    await focusByTab('pay');
    await phone.keyboard.press('Space');
    await phone.getByText('支付成功，感谢使用').waitFor();
    expect(await stateOf('KEYS')).toEqual(['DONE', null]);
  });

  test('a double click on a button is no error, and notifies the merchant once', async () => {
    await service.create(service.order({ out_order_no: 'TWICE' }));
    await phone.goto(`${sandbox.url}/?service-order=TWICE`);
    const answers: number[] = [];
    phone.on('response', (response) => {
      if (response.request().method() === 'POST') {
        answers.push(response.status());
      }
    });
    await button('确认使用').dblclick();
    await phone.getByText('已确认使用').waitFor();
    await expect.poll(() => stateOf('TWICE')).toEqual(['DOING', 'USER_CONFIRM']);
    expect(answers.every((status) => status === 200)).toBe(true);
    const sent = await merchant.control('GET', '/sandbox/notifications');
    expect(sent.text.match(/"TWICE"/g)).toHaveLength(1);
    await service.operate('TWICE', 'cancel', { reason: 'r' });
  });

  test('开通服务: the user enables and ends a permission', async () => {
    const body = { ...service.ids, authorization_code: 'PERMIT' };
    await service.call('POST', '/v3/payscore/permissions', { body });
    await phone.goto(`${sandbox.url}/?permission=PERMIT`);
    await button('同意并开通').click();
    await phone.getByText('已开通').first().waitFor();
    await button('关闭').click();
    await phone.getByText('已关闭').first().waitFor();
  });

  test('an amount of 16 digits fits into its card, on a small phone too', async () => {
    const risk_fund = { name: 'DEPOSIT', amount: 9_007_199_254_740_991 };
    const post_payments = [{ name: '一年的房费', amount: risk_fund.amount }];
    await service.create(service.order({ out_order_no: 'LARGE', risk_fund, post_payments }));
    for (const width of [SIZE.width, 360]) {
      await phone.setViewportSize({ ...SIZE, width });
      await phone.goto(`${sandbox.url}/?service-order=LARGE`);
      const overflow: unknown = await phone.evaluate(
        `[...document.querySelectorAll('.hero, .card, .orders a')]
          .filter((card) => card.scrollWidth > card.clientWidth).map((card) => card.className)`,
      );
      expect(overflow).toEqual([]);
    }
    await phone.setViewportSize(SIZE);
  });

  test('a notification is sent again by its button', async () => {
    await service.orderIn('accepted', { out_order_no: 'AGAIN' });
    await phone.goto(sandbox.url);
    const before = receiver.received.length;
    await button('重发 Resend PAYSCORE.USER_CONFIRM AGAIN').click();
    await phone.getByText('已重发').waitFor();
    await expect.poll(() => receiver.received.length).toBeGreaterThan(before);
  });
});

describe('the page of all controls', () => {
  test('faults, rules, the clock and every control are buttons', async () => {
    await phone.goto(sandbox.url);
    await phone.getByRole('link', { name: '全部控制' }).click();
    await button('HTTP 500').click();
    await phone.getByText('已注入').waitFor();
    expect((await service.create(service.order())).status).toBe(500);
    expect((await service.create(service.order())).status).toBe(200);

    await phone.getByText('用户与扣款').click();
    await phone.getByLabel('assessment').selectOption('fails');
    await phone.getByText('规则已改变').waitFor();
    expect((await merchant.control('GET', '/sandbox/rules')).json['assessment']).toBe('fails');
    await button('恢复默认').click();
    await phone.getByText('规则已恢复默认').waitFor();

    const created = service.order();
    await service.create(created);
    await button('+30 天').click();
    await phone.getByText('时钟已拨快').waitFor();
    expect(await stateOf(String(created['out_order_no']))).toEqual(['EXPIRED', null]);

    await button('执行 Run GET /sandbox/permissions').click();
    const answer = phone.getByRole('region', { name: 'Answer of GET /sandbox/permissions' });
    expect(await answer.innerText()).toContain('PERMIT');
  });
});

test('neither page has a serious finding of axe-core, with orders of every state in the list', async () => {
  for (const phase of ['accepted', 'completed', 'done', 'expired', 'created']) {
    await service.orderIn(phase, { out_order_no: `AXE-${phase}` });
  }
  const paths = ['/?service-order=AXE-created', '/?service-order=AXE-expired'];
  for (const path of [...paths, '/?permission=PERMIT', '/sandbox']) {
    await phone.goto(`${sandbox.url}${path}`);
    await phone.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    expect([path, await seriousFindings(phone)]).toEqual([path, []]);
  }
});

test('the pages request nothing from another host, and the console has no errors', () => {
  expect(browser.outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});

test('while the sandbox is down the page says so in both languages, and is readable', async () => {
  await phone.goto(sandbox.url);
  await sandbox.close();
  const alert = phone.getByRole('alert');
  await expect.poll(() => alert.innerText()).toContain('沙箱没有响应');
  expect(await alert.innerText()).toContain('The sandbox is not responding');
  expect(await seriousFindings(phone)).toEqual([]);
});

function focusedId(): Promise<unknown> {
  return phone.evaluate('document.activeElement?.id');
}

/** Presses Tab until this element has the focus, as somebody without a mouse does. */
async function focusByTab(id: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await focusedId()) === id) {
      return;
    }
    await phone.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${id}`);
}
