import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createMerchant, type Merchant } from '../../fixtures/sandbox/merchant.ts';
import { startReceiver } from '../../fixtures/sandbox/receiver.ts';
import { createServiceMerchant } from '../../fixtures/sandbox/service-orders.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

let sandbox: Sandbox;
let merchant: Merchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ notifyUrl: receiver.url, rules: { payDelaySeconds: null } });
  merchant = createMerchant(sandbox.credentials);
});
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

const page = async (query = '') => (await merchant.control('GET', `/${query}`)).text;
/** What the buttons call, of those that can be pressed. */
const pressable = (text: string) =>
  [...text.matchAll(/<button id="(\w+)"([^>]*)>/g)]
    .filter(([, , rest]) => !rest?.includes('aria-disabled'))
    .map(([, id]) => id);

describe("the page of the user's phone", () => {
  test("the page of the user's phone waits for an order, and links to the controls", async () => {
    const own = await startTestSandbox();
    const { text, headers } = await createMerchant(own.credentials).control('GET', '/');
    await own.close();
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(text).toContain('等待商户下单');
    expect(text).toContain('href="/sandbox"');
    expect(text).not.toContain('<button');
  });

  test("the page of the user's phone shows the newest order, or the selected one", async () => {
    await merchant.create({ out_order_no: 'OLD', service_introduction: '共享单车' });
    await merchant.create({
      out_order_no: 'NEW|1',
      service_end_location: '天津站',
      service_end_time: '20991225120000',
      fees: [{ fee_name: '租金', fee_count: 2, fee_amount: 123456, fee_desc: '每小时2元' }],
      discounts: [{ discount_name: '新客立减', discount_desc: '首单减1元' }],
    });
    const newest = await page();
    const said = [
      '充电宝租借',
      '待确认',
      '¥99.00',
      '租金 ×2',
      '¥1,234.56',
      '每小时2元',
      '新客立减',
    ];
    for (const text of [...said, '天津站', '2099年12月25日 12:00', '确认使用时', '首单减1元']) {
      expect(newest).toContain(text);
    }
    expect(newest).toContain('data-call="/sandbox/orders/NEW%7C1/confirm"');
    expect(await page('?order=OLD')).toContain('data-call="/sandbox/orders/OLD/confirm"');
  });

  test('the phone page enables only the buttons that the state allows', async () => {
    const order = await merchant.accepted({ out_order_no: 'BUTTONS' });
    expect(pressable(await page('?order=OLD'))).toEqual(['decline', 'confirm']);
    expect(pressable(await page())).toEqual(['pay']);
    await merchant.control('POST', '/sandbox/rules', { payBeforeComplete: false });
    expect(pressable(await page())).toEqual([]);
    await merchant.control('POST', '/sandbox/rules', { payBeforeComplete: true });
    await merchant.complete(order);
    expect(pressable(await page())).toEqual(['pay']);
    await merchant.control('POST', '/sandbox/orders/BUTTONS/pay');
    const paid = await page();
    expect(pressable(paid)).toEqual([]);
    expect(paid).toContain('已支付');
    expect(paid).toContain('¥1.00');
  });

  test('the phone page enables what the controls accept, for each state of each product', async () => {
    const service = createServiceMerchant(sandbox.credentials);
    const permission = { ...service.ids, authorization_code: 'PERMIT' };
    await service.call('POST', '/v3/payscore/permissions', { body: permission });
    const seen = async (query: string) => pressable(await page(query)).join(' ');
    expect(await seen('?permission=PERMIT')).toBe('grant');
    await merchant.control('POST', '/sandbox/permissions/PERMIT/grant', {});
    expect(await seen('?permission=PERMIT')).toBe('revoke');
    const phases = ['created', 'accepted', 'completed', 'done', 'revoked', 'expired'];
    const enabled: Record<string, string> = {};
    for (const phase of phases) {
      const outOrderNo = await service.orderIn(phase);
      enabled[phase] = await seen(`?service-order=${outOrderNo}`);
      for (const action of ['decline', 'confirm', 'pay'].filter(
        (one) => phase !== 'created' || one === 'pay',
      )) {
        const before = await service.query(outOrderNo);
        const { status } = await service.user(outOrderNo, action);
        const hasChanged =
          JSON.stringify(await service.query(outOrderNo)) !== JSON.stringify(before);
        const mayChange = enabled[phase].includes(action);
        expect([phase, action, hasChanged, status === 409 && mayChange]).toEqual([
          phase,
          action,
          mayChange,
          false,
        ]);
      }
    }
    expect(enabled).toEqual({
      created: 'decline confirm',
      accepted: '',
      completed: 'pay',
      done: '',
      revoked: '',
      expired: '',
    });
  });

  test('the phone page shows a service order, the page that was left, and an order without payment', async () => {
    const service = createServiceMerchant(sandbox.credentials);
    await service.create(
      service.order({
        out_order_no: 'INN',
        service_introduction: '海边民宿',
        risk_fund: { name: 'DEPOSIT', amount: 9_007_199_254_740_991 },
        location: { start_location: '鼓浪屿店' },
        post_payments: [{ name: '房费', description: '每晚200元' }],
        post_discounts: [{ name: '会员优惠', description: '不叠加', amount: 100 }],
      }),
    );
    const shown = await page('?service-order=INN');
    for (const text of ['海边民宿', '支付分服务', '鼓浪屿店', '每晚200元', '−¥1.00']) {
      expect(shown).toContain(text);
    }
    expect(shown).toContain('<p class="figure longest">¥90,071,992,547,409.91</p>');
    await service.user('INN', 'decline');
    const left = await page('?service-order=INN');
    expect(pressable(left)).toEqual([]);
    expect(left).toContain('a new order is needed');
    const free = await service.orderIn('accepted');
    await service.complete(free, 0);
    expect(await page(`?service-order=${free}`)).toContain('Nothing to pay');
  });

  test('the phone page shows the texts of an order without markup', async () => {
    await merchant.create({
      service_introduction: '<script>x(1)',
      service_start_location: '"><img src=x>',
      fees: [{ fee_name: "<b>'&amp;", fee_desc: '</main><script>' }],
    });
    const text = await page();
    expect(text).toContain('&lt;script&gt;x(1)');
    expect(text).toContain('&quot;&gt;&lt;img src=x&gt;');
    expect(text).toContain('&lt;b&gt;&#39;&amp;amp;');
    expect(text).not.toContain('<img');
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<\/main>/g)).toHaveLength(2);
  });

  test('the phone page shows every attempt of a notification', async () => {
    await merchant.accepted({ out_order_no: 'TOLD' });
    await soon(() => page()).toMatch(/tone-paid">204</);
    expect(await page()).toContain('PAYSCORE.USER_ACCEPTED');
    expect(await page()).toContain(receiver.url);
    expect(await page()).toMatch(/data-call="\/sandbox\/notifications\/[\w-]+\/resend"/);
  });

  test('the phone page runs and loads only what has its nonce, and cannot be framed', async () => {
    const [first, second] = [
      await merchant.control('GET', '/'),
      await merchant.control('GET', '/sandbox'),
    ];
    const nonces = [first, second].map(({ headers, text }) => {
      const policy = headers.get('content-security-policy') ?? '';
      const nonce = /script-src 'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(text).toContain(`<style nonce="${nonce}">`);
      expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(text).not.toMatch(/ (?:style|on\w+)="/);
      return nonce;
    });
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test('the phone page shows no personal data, and is for this machine only', async () => {
    expect(await page()).not.toContain('oUser');
    const { status } = await merchant.control('GET', '/', undefined, { host: 'evil.example' });
    expect(status).toBe(403);
    const foreign = { origin: 'https://evil.example' };
    const press = await merchant.control('POST', '/sandbox/orders/OLD/confirm', undefined, foreign);
    expect(press.status).toBe(403);
    expect(await merchant.stateOf('OLD')).toBe('CREATED');
  });
});
