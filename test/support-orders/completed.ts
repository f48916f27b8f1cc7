import { createOrder } from '../../src/orders/commands/create-order.ts';
import type { CancelInput, CompleteInput, SyncInput } from '../../src/orders/rules/update-input.ts';
import { orderInput, type TestDesk, type Upstream } from './desk.ts';

const DAY_MS = 86_400_000;

/** An order that its user has accepted; its number. */
export async function acceptedOrder(upstream: Upstream, desk: TestDesk): Promise<string> {
  const serviceEndTime = toTheSecond(Date.now() + DAY_MS);
  const { outOrderNo } = await createOrder(desk, orderInput(upstream, { serviceEndTime }));
  await upstream.control('POST', `orders/${outOrderNo}/confirm`);
  return outOrderNo;
}

/** With the fee of {@link acceptedOrder}. */
export function completion(
  { ids }: Pick<Upstream, 'ids'>,
  outOrderNo: string,
  changes: Partial<CompleteInput> = {},
): CompleteInput {
  return {
    ...ids,
    outOrderNo,
    finishType: 'FINISHED',
    totalAmount: 250,
    fees: [{ feeName: '租金', feeAmount: 250, feeDesc: '每小时3元', feeCount: 1 }],
    ...changes,
  };
}

export function cancellation({ ids }: Pick<Upstream, 'ids'>, outOrderNo: string): CancelInput {
  return { ...ids, outOrderNo, reason: '用户不租了' };
}

export function paidElsewhere(
  { ids }: Pick<Upstream, 'ids'>,
  outOrderNo: string,
  paidTime = toTheSecond(Date.now()),
): SyncInput {
  return { ...ids, outOrderNo, paidTime };
}

export function toTheSecond(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`;
}
