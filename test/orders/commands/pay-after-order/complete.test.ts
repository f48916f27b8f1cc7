import { describe, expect, test } from 'vitest';
import { completeOrder } from '../../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../../src/orders/commands/pay-after-order/create.ts';
import { InvalidInputError } from '../../../../src/orders/rules/field-rules.ts';
import {
  OrderConflictError,
  OrderNotFoundError,
  OrderOutcomeUnknownError,
  OrderStateError,
} from '../../../../src/wechat/index.ts';
import { eventsOf, orderOf } from '../../../fixtures/ledger/observations.ts';
import { acceptedOrder, completion, toTheSecond } from '../../../fixtures/orders/completed.ts';
import { orderInput } from '../../../fixtures/orders/services.ts';
import { useServices } from '../../../fixtures/orders/use-services.ts';

const { upstream, services } = useServices();

const callsTo = (outOrderNo: string) =>
  upstream()
    .calls('complete')
    .filter(({ path }) => path.includes(outOrderNo));

async function intentOf(outOrderNo: string) {
  await services().ledger.idle();
  const query = services().ledger.store.db.selectFrom('intents').selectAll();
  const complete = query.where('operation', '=', 'complete');
  return await complete.where('out_order_no', '=', outOrderNo).execute();
}

describe('completing an order', () => {
  test('a complete fetches its ticket, omits the details of fees that WeChat Pay has already, and is recorded', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const answer = await completeOrder(services(), completion(upstream(), outOrderNo));
    await services().ledger.idle();
    expect(answer).toMatchObject({ outOrderNo });
    expect(await orderOf(services().ledger, outOrderNo)).toMatchObject({
      state: 'FINISHED',
      total_amount: 250,
    });
    const events = await eventsOf(services().ledger);
    expect(events.map(({ state }) => state)).toEqual(['CREATED', 'FINISHED']);
    const [intent] = await intentOf(outOrderNo);
    const body: unknown = JSON.parse(
      services()
        .ledger.encryption.decrypt(intent?.body ?? '', 'intent body')
        .toString(),
    );
    expect(body).toMatchObject({
      finish_ticket: expect.stringMatching(/./),
      fees: [{ fee_name: '租金', fee_amount: 250 }],
    });
    expect(body).not.toHaveProperty('fees.0.fee_desc');
    expect(body).not.toHaveProperty('fees.0.fee_count');
  });

  test('a complete keeps the description and the count of a new fee', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const fees = [
      { feeName: '租金', feeAmount: 250 },
      { feeName: '夜间', feeAmount: 50, feeCount: 2, feeDesc: '两晚' },
    ];
    const totalAmount = 300;
    await completeOrder(services(), completion(upstream(), outOrderNo, { fees, totalAmount }));
    const [intent] = await intentOf(outOrderNo);
    const body = services()
      .ledger.encryption.decrypt(intent?.body ?? '', 'intent body')
      .toString();
    expect(body).toContain('"fee_name":"夜间","fee_count":2,"fee_amount":50,"fee_desc":"两晚"');
  });

  test('a repeated complete succeeds, with the same bytes on the wire', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const input = completion(upstream(), outOrderNo);
    const first = await completeOrder(services(), input);
    expect(await completeOrder(services(), input)).toEqual({ ...first, replayed: true });
    const sent = callsTo(outOrderNo).map(({ bodySha256 }) => bodySha256);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  test('concurrent equal completes are one completion with one ticket', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const input = completion(upstream(), outOrderNo);
    const many = Array.from({ length: 8 }, () => completeOrder(services(), input));
    await expect(Promise.all(many)).resolves.toHaveLength(8);
    expect(new Set(callsTo(outOrderNo).map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  });

  test('a complete with another amount is a conflict without a call', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    await completeOrder(services(), completion(upstream(), outOrderNo));
    const fees = [{ feeName: '租金', feeAmount: 251 }];
    const other = completion(upstream(), outOrderNo, { fees, totalAmount: 251 });
    await expect(completeOrder(services(), other)).rejects.toThrow(OrderConflictError);
    expect(callsTo(outOrderNo)).toHaveLength(1);
  });

  test('a repeated complete of an unused service succeeds too', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    const unused = completion(upstream(), outOrderNo, {
      finishType: 'UNUSED',
      totalAmount: 0,
      fees: null,
      cancelReason: '用户未使用',
    });
    await completeOrder(services(), unused);
    await expect(completeOrder(services(), unused)).resolves.toMatchObject({ outOrderNo });
  });
});

describe('what can not be completed', () => {
  test('a complete that breaks a rule is refused before a call', async () => {
    const broken = completeOrder(services(), completion(upstream(), 'N1', { totalAmount: 1 }));
    await expect(broken).rejects.toThrow(InvalidInputError);
  });

  test.each([undefined, 'TICKET'])(
    'a complete of an order that does not exist is refused, with ticket %s',
    async (given) => {
      const missing = completion(upstream(), 'MISSING', { finishTicket: given });
      await expect(completeOrder(services(), missing)).rejects.toThrow(OrderNotFoundError);
      expect(await intentOf('MISSING')).toEqual([]);
      expect(callsTo('MISSING')).toEqual([]);
    },
  );

  test('a complete of an order that its user has not confirmed is refused with its state', async () => {
    const serviceEndTime = toTheSecond(Date.now() + 86_400_000);
    const input = orderInput(upstream(), { serviceEndTime });
    const { outOrderNo } = await createOrder(services(), input);
    const early = completeOrder(services(), completion(upstream(), outOrderNo));
    await expect(early).rejects.toMatchObject({
      name: 'OrderStateError',
      state: 'CREATED',
      outOrderNo,
    });
    expect(callsTo(outOrderNo)).toEqual([]);
    await upstream().control('POST', `orders/${outOrderNo}/confirm`);
    const later = completeOrder(services(), completion(upstream(), outOrderNo));
    await expect(later).resolves.toMatchObject({ outOrderNo });
  });

  test('a complete of an order in another state is refused although a ticket is given', async () => {
    const { outOrderNo } = await createOrder(services(), orderInput(upstream()));
    const early = completion(upstream(), outOrderNo, { finishTicket: 'TICKET' });
    await expect(completeOrder(services(), early)).rejects.toMatchObject({ state: 'CREATED' });
    expect(await intentOf(outOrderNo)).toMatchObject([{ status: 'refused' }]);
  });
});

describe('ORDER_DONE after an attempt that may have taken effect', () => {
  const done = { on: 'complete', fault: 'status', status: 400, code: 'ORDER_DONE' };

  test('ORDER_DONE after an ambiguous attempt is a success if the order has the same amount', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    await upstream().fault([{ on: 'complete', fault: 'reset-after' }, done]);
    const answer = completeOrder(services(), completion(upstream(), outOrderNo));
    await expect(answer).resolves.toMatchObject({ outOrderNo });
    expect(await intentOf(outOrderNo)).toMatchObject([{ status: 'done' }]);
  });

  test('ORDER_DONE after an ambiguous attempt is an OrderStateError if the order has another amount', async () => {
    const outOrderNo = await acceptedOrder(upstream(), services());
    await upstream().fault([{ on: 'complete', fault: 'reset-before', times: 3 }]);
    const input = completion(upstream(), outOrderNo);
    await expect(completeOrder(services(), input)).rejects.toThrow(OrderOutcomeUnknownError);
    // Somebody else completes it, without this server.
    const order = await upstream().wechat.queryPayAfterOrder(input);
    await upstream().wechat.completePayAfterOrder({
      ...input,
      finishType: 2,
      finishTicket: order?.finishTicket ?? '',
      totalAmount: 200,
      fees: [{ feeName: '租金', feeAmount: 200 }],
    });
    const again = completeOrder(services(), input);
    await expect(again).rejects.toBeInstanceOf(OrderStateError);
    await expect(again).rejects.toMatchObject({ state: 'FINISHED' });
  });
});
