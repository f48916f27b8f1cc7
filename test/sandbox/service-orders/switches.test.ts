import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { DEFAULT_RULES } from '../../../src/sandbox/rules.ts';
import { decrypted, startReceiver } from '../../fixtures/sandbox/receiver.ts';
import {
  createServiceMerchant,
  type ServiceMerchant,
} from '../../fixtures/sandbox/service-orders.ts';
import { soon } from '../../fixtures/sandbox/soon.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const RULES = { ...DEFAULT_RULES, payDelaySeconds: null };
let sandbox: Sandbox;
let merchant: ServiceMerchant;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ rules: RULES, notifyUrl: receiver.url });
  merchant = createServiceMerchant(sandbox.credentials);
});
afterEach(() => merchant.rules(RULES));
afterAll(() => {
  receiver.close();
  return sandbox.close();
});

const launch = (businessType: string, extraData: object) =>
  merchant.control('POST', '/sandbox/launch', { businessType, extraData });
const use = (text: unknown) => launch('wxpayScoreUse', { package: text });
/** The event types of the notifications about an order, or about users with null. */
const eventsOf = async (about: string | null) => {
  const { text } = await merchant.control('GET', '/sandbox/notifications');
  const all: readonly { event_type: string; out_order_no: string | null }[] = JSON.parse(text);
  return all.filter((one) => one.out_order_no === about).map((one) => one.event_type);
};
const packageOf = async (body: Parameters<ServiceMerchant['create']>[0]) =>
  (await merchant.create(body)).json['package'];

describe('the package', () => {
  test('a package opens the page once, and not for another order', async () => {
    const text = await packageOf(merchant.order());
    expect((await use(text)).json).toMatchObject({ page: 'confirm', state: 'CREATED' });
    const again = await use(text);
    expect([again.status, again.json['error']]).toEqual([409, expect.stringContaining('系统繁忙')]);
    await merchant.rules({ packageSingleUse: false });
    expect((await use(text)).status).toBe(200);
    for (const [wrong, number] of [
      ['x', '271314186'],
      ['', '271314185'],
    ]) {
      expect((await use(wrong)).json['error']).toContain(number);
    }
  });

  test('a package is valid for an hour', async () => {
    const text = await packageOf(merchant.order());
    await merchant.advance(3_600);
    expect((await use(text)).json['error']).toContain('older than an hour');
  });

  test('an order whose page was left is spent, unless packageSingleUse says otherwise', async () => {
    const outOrderNo = await merchant.orderIn('created');
    expect((await merchant.user(outOrderNo, 'decline')).json).toMatchObject({ state: 'CREATED' });
    const late = await merchant.user(outOrderNo, 'confirm');
    expect([late.status, late.json['error']]).toEqual([409, expect.stringContaining('left')]);
    await merchant.rules({ packageSingleUse: false });
    expect((await merchant.user(outOrderNo, 'confirm')).json['state']).toBe('DOING');
  });

  test.each(['REVOKED', 'EXPIRED'])(
    'an order whose page was left is %s if stateAfterDecline says so',
    async (state) => {
      await merchant.rules({ stateAfterDecline: state });
      const outOrderNo = await merchant.orderIn('created');
      expect((await merchant.user(outOrderNo, 'decline')).json['state']).toBe(state);
    },
  );

  test('a repeated create returns the same package, or another one that replaces it', async () => {
    const body = merchant.order();
    const text = await packageOf(body);
    expect(await packageOf(body)).toBe(text);
    await merchant.rules({ samePackageOnRepeat: false });
    const other = await packageOf(body);
    expect(other).not.toBe(text);
    expect((await use(text)).status).toBe(409);
    expect((await use(other)).status).toBe(200);
  });

  test('with another package an order that its user has left can be confirmed, and one that is confirmed gets none', async () => {
    await merchant.rules({ samePackageOnRepeat: false });
    const body = merchant.order();
    const outOrderNo = String(body['out_order_no']);
    await merchant.create(body);
    await merchant.user(outOrderNo, 'decline');
    expect((await merchant.user(outOrderNo, 'confirm')).status).toBe(409);
    const other = await packageOf(body);
    expect((await merchant.user(outOrderNo, 'confirm')).status).toBe(200);
    expect(await packageOf(body)).toBe(other);
  });

  test('without confirmation there is a package, unless packageWithoutConfirm says otherwise', async () => {
    const body = () => merchant.order({ need_user_confirm: false, openid: 'oUser' });
    expect(await packageOf(body())).toEqual(expect.any(String));
    await merchant.rules({ packageWithoutConfirm: false });
    expect(await packageOf(body())).toBeUndefined();
  });
});

test('a storm sends notifications of service orders', async () => {
  await merchant.orderIn('accepted');
  const { json } = await merchant.control('POST', '/sandbox/storm', { notices: 5 });
  expect(json['statuses']).toEqual({ 204: 5 });
});

describe('what is shown', () => {
  test('a complete with nothing to collect is DONE or DOING, with need_collection and webhook by the switches', async () => {
    const done = await merchant.orderIn('accepted');
    expect((await merchant.complete(done, 0)).json).toMatchObject({ need_collection: false });
    expect(await merchant.query(done)).toMatchObject({ state: 'DONE', need_collection: false });
    await merchant.rules({ stateAfterZeroTotal: 'DOING', needCollectionAtZero: true });
    const doing = await merchant.orderIn('accepted');
    const { json } = await merchant.complete(doing, 0);
    expect(json).toMatchObject({ state: 'DOING', need_collection: true });
  });

  test('a total of 0 is notified as a payment only if notifyAfterZeroTotal says so', async () => {
    const silent = await merchant.orderIn('accepted');
    await merchant.complete(silent, 0);
    expect(await eventsOf(silent)).toEqual(['PAYSCORE.USER_CONFIRM']);
    await merchant.rules({ notifyAfterZeroTotal: true });
    const outOrderNo = await merchant.orderIn('accepted');
    await merchant.complete(outOrderNo, 0);
    expect(await eventsOf(outOrderNo)).toEqual(['PAYSCORE.USER_CONFIRM', 'PAYSCORE.USER_PAID']);
  });

  test('an order that was modified to 0 keeps its collection, and is paid without a transaction', async () => {
    const outOrderNo = await merchant.orderIn('completed');
    await merchant.modify(outOrderNo, 0);
    const collection = { state: 'USER_PAYING', total_amount: 0 };
    expect(await merchant.query(outOrderNo)).toMatchObject({ collection });
    await merchant.user(outOrderNo, 'pay');
    const shown = await merchant.query(outOrderNo);
    expect(shown).toMatchObject({ state: 'DONE', collection: { state: 'USER_PAID' } });
    expect(JSON.stringify(shown)).not.toContain('transaction_id');
  });

  test('a payment has as many details as paymentDetails says, which add up', async () => {
    await merchant.rules({ paymentDetails: 3, emptyDetailBeforePayment: true });
    const outOrderNo = await merchant.orderIn('completed');
    expect(await merchant.query(outOrderNo)).toMatchObject({ collection: { details: [{}] } });
    await merchant.user(outOrderNo, 'pay');
    expect(await merchant.query(outOrderNo)).toMatchObject({
      collection: {
        paid_amount: 400,
        details: [
          { seq: 1, amount: 134, transaction_id: expect.stringMatching(/^4200/) },
          { seq: 2, amount: 133 },
          { seq: 3, amount: 133 },
        ],
      },
    });
  });

  test.each([
    ['none', []],
    ['in-detail', ['collection', 'details', '0']],
    ['in-collection', ['collection']],
    ['top-level', []],
  ])('a coupon is shown where promotionDetail says: %s', async (promotionDetail, path) => {
    await merchant.rules({ promotionDetail });
    const outOrderNo = await merchant.orderIn('done');
    let place: unknown = await merchant.query(outOrderNo);
    for (const name of path) {
      place = Object(place)[name];
    }
    expect('promotion_detail' in Object(place)).toBe(promotionDetail !== 'none');
  });

  test('the amount of a discount at create is kept, or ignored', async () => {
    const post_discounts = [{ name: '满20减1元', description: '不叠加', amount: 100 }];
    const outOrderNo = await merchant.orderIn('created', { post_discounts });
    expect(await merchant.query(outOrderNo)).toMatchObject({ post_discounts });
    await merchant.rules({ discountAmountAtCreate: 'ignored' });
    const { post_discounts: shown } = await merchant.query(outOrderNo);
    expect(shown).toEqual([{ name: '满20减1元', description: '不叠加' }]);
  });

  test('the total in a webhook is a string if notifyTotalAsText says so', async () => {
    await merchant.rules({ notifyTotalAsText: true });
    const outOrderNo = await merchant.orderIn('completed');
    await merchant.user(outOrderNo, 'pay');
    const payloads = () =>
      receiver.received.map((one) => decrypted(one, sandbox.credentials.WECHAT_APIV3_KEY));
    await soon(payloads).toContainEqual(
      expect.objectContaining({
        out_order_no: outOrderNo,
        total_amount: '400',
        collection: expect.objectContaining({ total_amount: 400 }),
      }),
    );
  });
});

describe('what a user does', () => {
  test.each([
    ['created', 'confirm', 'PAYSCORE.USER_CONFIRM'],
    ['completed', 'pay', 'PAYSCORE.USER_PAID'],
  ])(
    'of a %s order %s may be pressed twice, and is notified once',
    async (phase, action, event) => {
      const outOrderNo = await merchant.orderIn(phase);
      const [first, second] = [
        await merchant.user(outOrderNo, action),
        await merchant.user(outOrderNo, action),
      ];
      expect([first.status, second.json]).toEqual([200, first.json]);
      expect((await eventsOf(outOrderNo)).filter((type) => type === event)).toHaveLength(1);
    },
  );

  test('a permission is opened by its token, given once, and ended by its user if no order is under way', async () => {
    const body = { ...merchant.ids, authorization_code: 'C1' };
    const { json } = await merchant.call('POST', '/v3/payscore/permissions', { body });
    const token = json['apply_permissions_token'];
    const enable = () => launch('wxpayScoreEnable', { apply_permissions_token: token });
    expect((await enable()).json).toMatchObject({ page: 'permission' });
    const act = (name: string) =>
      merchant.control('POST', `/sandbox/permissions/C1/${name}`, { openid: 'oPermit' });
    expect((await act('revoke')).status).toBe(409);
    await act('grant');
    expect((await act('grant')).json).toMatchObject({ state: 'AVAILABLE' });
    const created = merchant.order({ need_user_confirm: false, openid: 'oPermit' });
    await merchant.create(created);
    expect((await act('revoke')).status).toBe(409);
    await merchant.operate(String(created['out_order_no']), 'cancel', { reason: 'r' });
    expect((await act('revoke')).json).toMatchObject({ state: 'UNAVAILABLE' });
    expect((await act('revoke')).status).toBe(200);
    expect(await eventsOf(null)).toEqual([
      'PAYSCORE.USER_OPEN_SERVICE',
      'PAYSCORE.USER_CLOSE_SERVICE',
    ]);
    await merchant.advance(3_600);
    expect((await enable()).status).toBe(409);
  });

  test('a user who withdraws the authorization of the service ends the permission', async () => {
    const body = { ...merchant.ids, authorization_code: 'C2' };
    await merchant.call('POST', '/v3/payscore/permissions', { body });
    await merchant.control('POST', '/sandbox/permissions/C2/grant', { openid: 'oLeaves' });
    await merchant.control('POST', '/sandbox/users/oLeaves', { useServiceState: 'UNAVAILABLE' });
    const list = await merchant.control('GET', '/sandbox/permissions');
    expect(list.text).toMatch(/"authorizationCode": "C2",\s+"state": "UNAVAILABLE"/);
  });
});
