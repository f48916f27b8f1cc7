import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import {
  createServiceMerchant,
  type ServiceMerchant,
} from '../../fixtures/sandbox/service-orders.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

const PATH = '/v3/payscore/permissions';
let sandbox: Sandbox;
let merchant: ServiceMerchant;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  merchant = createServiceMerchant(sandbox.credentials);
});
afterAll(() => sandbox.close());

/** Applied for, and given by the user on its page. */
async function granted(authorization_code: string, openid: string) {
  await apply(authorization_code);
  await merchant.control('POST', `/sandbox/permissions/${authorization_code}/grant`, { openid });
}
const apply = (authorization_code: string) =>
  merchant.call('POST', PATH, { body: { ...merchant.ids, authorization_code } });
const terminate = (authorization_code: string) => {
  const body = { service_id: merchant.ids.service_id, reason: '用户要求' };
  return merchant.call('POST', `${PATH}/authorization-code/${authorization_code}/terminate`, {
    body,
  });
};
const ofUser = async (openid: string) => {
  const parameters = new URLSearchParams(merchant.ids);
  const { json } = await merchant.call('GET', `${PATH}/openid/${openid}?${parameters}`);
  return [json['authorization_code'], json['authorization_state']];
};
const createWithoutConfirmation = (openid: string) =>
  merchant.create(merchant.order({ need_user_confirm: false, openid }));

test('a permission that is terminated again leaves the next one of its user as it is', async () => {
  await granted('A-1', 'oA');
  expect((await terminate('A-1')).status).toBe(204);
  expect((await createWithoutConfirmation('oA')).json['code']).toBe('NO_AUTH');
  await granted('A-2', 'oA');
  expect((await terminate('A-1')).status).toBe(204);
  expect((await createWithoutConfirmation('oA')).status).toBe(200);
});

test('of the permissions of a user the one that is available counts, whichever was applied for last', async () => {
  await granted('B-1', 'oB');
  await terminate('B-1');
  await granted('B-2', 'oB');
  await apply('B-1');
  expect(await ofUser('oB')).toEqual(['B-2', 'AVAILABLE']);
  await terminate('B-2');
  expect(await ofUser('oB')).toEqual(['B-2', 'UNAVAILABLE']);
});

test('a user with two permissions keeps the authorization until both have ended', async () => {
  await granted('C-1', 'oC');
  await granted('C-2', 'oC');
  await terminate('C-1');
  expect(await ofUser('oC')).toEqual(['C-2', 'AVAILABLE']);
  expect((await createWithoutConfirmation('oC')).status).toBe(200);
  await merchant.control('POST', '/sandbox/users/oC', { useServiceState: 'UNAVAILABLE' });
  expect(await ofUser('oC')).toEqual(['C-2', 'UNAVAILABLE']);
  expect((await createWithoutConfirmation('oC')).json['code']).toBe('NO_AUTH');
});
