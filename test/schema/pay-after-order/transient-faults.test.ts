import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { type NamedFault, SILENCE, statusFault, UNTRUSTED } from '../../fixtures/graphql/faults.ts';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { at } from '../../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ timeoutMs: 6_000 });
});
beforeEach(() => fixture.reset());
afterAll(() => fixture.close());

const FAULTS: readonly NamedFault[] = [
  ...UNTRUSTED,
  ['500', statusFault(500)],
  ['500 that took effect', statusFault(500, { takesEffect: true })],
  ['502 in HTML', statusFault(502, { html: true })],
  ['429', statusFault(429)],
  ['202', statusFault(202, { takesEffect: true })],
  ['reset before', { fault: 'reset-before' }],
  ['reset after', { fault: 'reset-after' }],
  ['truncated answer', { fault: 'truncate' }],
  ['silence', SILENCE],
];

test.each(FAULTS)(
  'after one %s for each call, the order is created once, and a query shows it',
  async (_, fault) => {
    const existing = orderInput();
    await fixture.create(existing);
    await fixture.reset();
    await fixture.inject({ on: 'create', ...fault });
    await fixture.inject({ on: 'query', ...fault });
    const input = orderInput({ name: '张三' });
    const { outOrderNo } = input;
    const [created, seen] = await Promise.all([
      fixture.create(input),
      fixture.order({ outOrderNo: existing['outOrderNo'] }),
    ]);

    expect(seen).toMatchObject({ outOrderNo: existing['outOrderNo'], state: 'CREATED' });
    expect(created).toMatchObject({ __typename: 'CreatePayAfterOrderPayload', outOrderNo });
    expect(at(created, 'orderId')).toBe(at(await fixture.stored(outOrderNo), 'order_id'));
    await expect.poll(() => fixture.calls('create')).toHaveLength(2);
    const [first, second] = fixture.calls('create');
    expect(first?.bodySha256).toBe(second?.bodySha256);
    expect(first?.nonce).not.toBe(second?.nonce);
  },
);
