import { describe, expect, test } from 'vitest';
import type { PayAfterOrder } from '../../../src/wechat/index.ts';
import { createTestApp, run, stubWechat } from '../../fixtures/app/test-app.ts';
import { QUERY, USER_STATE } from '../../fixtures/graphql/documents.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { at } from '../../fixtures/json.ts';

async function shown(changes: Partial<PayAfterOrder>) {
  const wechat = stubWechat({
    queryPayAfterOrder: () => Promise.resolve(payAfterOrder(changes)),
  });
  const app = createTestApp({ wechat });
  const answer = await run(app, QUERY, { by: { outOrderNo: 'T1' } });
  expect(at(answer, 'errors')).toBeUndefined();
  return { order: at(answer, 'data', 'payAfterOrder'), log: app.log.entries() };
}

describe('an enum value of WeChat Pay that this server does not know', () => {
  test('an unknown state is UNKNOWN, is in stateRaw, and is logged', async () => {
    const { order, log } = await shown({ state: 'USER_PAUSED' });
    expect(order).toMatchObject({ state: 'UNKNOWN', stateRaw: 'USER_PAUSED' });
    expect(log).toMatchObject([{ level: 'warn', why: 'state', word: 'USER_PAUSED' }]);
  });

  test('an unknown finish type is UNKNOWN, and is logged', async () => {
    const { order, log } = await shown({ finishType: 3 });
    expect(order).toMatchObject({ finishType: 'UNKNOWN' });
    expect(log).toMatchObject([{ level: 'warn', why: 'finish_type', word: '3' }]);
  });

  test('an unknown authorization state is UNKNOWN, and is logged', async () => {
    const state = {
      appid: 'wxd678efh567hg6787',
      serviceId: '500001',
      openid: null,
      useServiceState: 'SUSPENDED',
    };
    const app = createTestApp({
      wechat: stubWechat({ queryUserServiceState: () => Promise.resolve(state) }),
    });
    expect(await run(app, USER_STATE, { openid: 'o1' })).toMatchObject({
      data: { userServiceState: { openid: null, useServiceState: 'UNKNOWN' } },
    });
    expect(app.log.entries()).toMatchObject([{ why: 'use_service_state', word: 'SUSPENDED' }]);
  });

  test.each(['constructor', '__proto__', 'toString', 'created', ''])(
    'the value %j is UNKNOWN too',
    async (state) => {
      expect((await shown({ state })).order).toMatchObject({ state: 'UNKNOWN', stateRaw: state });
    },
  );
});

describe('a known word', () => {
  test.each(['CREATED', 'USER_ACCEPTED', 'FINISHED', 'USER_PAID', 'REVOKED', 'EXPIRED'])(
    'the known value %s is returned, and nothing is logged',
    async (state) => {
      const { order, log } = await shown({ state });
      expect(order).toMatchObject({ state, stateRaw: state });
      expect(log).toEqual([]);
    },
  );

  test.each([
    [1, 'UNUSED'],
    [2, 'FINISHED'],
    [null, null],
  ])('the finish_type %s is %s', async (finishType, expected) => {
    const { order, log } = await shown({ finishType });
    expect(order).toMatchObject({ finishType: expected });
    expect(log).toEqual([]);
  });
});
