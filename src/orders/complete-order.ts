import {
  type ChangedPayAfterOrder,
  type CompletePayAfterOrderRequest,
  type FreshWrite,
  OrderNotFoundError,
  OrderStateError,
  type PayAfterOrder,
  WechatError,
  type WechatPay,
} from '../wechat/index.ts';
import { askBeforeWrite, NO_ANSWER } from './ask-before-write.ts';
import { type CompleteInput, completeInputIssues } from './change-input.ts';
import type { OrderDesk } from './desk.ts';
import { refuseInvalid } from './input-issue.ts';
import type { FeeItem } from './item-rules.ts';
import { refuseForeign } from './owner.ts';
import { writeOrder } from './write-order.ts';

const FINISH_TYPES = { UNUSED: 1, FINISHED: 2 } as const;

/**
 * Completes an order. What WeChat knows of it is asked first: the ticket where it was left out, and
 * which fees stand since the create, since WeChat takes those back only without their description
 * and count.
 * @throws InvalidInputError, OrderNotFoundError, OrderStateError, OrderConflictError,
 *   WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function completeOrder(
  desk: OrderDesk,
  input: CompleteInput,
): Promise<ChangedPayAfterOrder> {
  const { wechat, inputRules, ledger } = desk;
  refuseInvalid(completeInputIssues(input, inputRules));
  await refuseForeign(desk, input);
  const { appid, serviceId, outOrderNo, totalAmount } = input;
  let request = requestOf(input, null);
  return await writeOrder(ledger, {
    intended: {
      operation: 'complete',
      outOrderNo,
      appid,
      serviceId,
      canonical: withoutTicket(wechat.prepare.complete(request).canonical),
      prepare: async () => {
        request = requestOf(input, await present(wechat, input));
        return wechat.prepare.complete(request);
      },
    },
    owner: null,
    send: (options) => wechat.completePayAfterOrder(request, options),
    seen: () => ({ outOrderNo, appid, serviceId, totalAmount, state: 'FINISHED' }),
  });
}

/** The order as it is now. Without an answer only a caller who gives a ticket can go on. */
async function present(
  wechat: Pick<WechatPay, 'queryPayAfterOrder'>,
  { appid, serviceId, outOrderNo, finishTicket }: CompleteInput,
): Promise<PayAfterOrder | null> {
  try {
    const order = await askBeforeWrite(wechat, { appid, serviceId, outOrderNo });
    if (order === null) {
      throw new OrderNotFoundError(outOrderNo, NO_ANSWER);
    }
    return order;
  } catch (error) {
    if (error instanceof WechatError && !(error instanceof OrderNotFoundError) && finishTicket) {
      return null;
    }
    throw error;
  }
}

function requestOf(
  input: CompleteInput,
  order: PayAfterOrder | null,
): CompletePayAfterOrderRequest {
  const { finishType, finishTicket, fees, ...rest } = input;
  const ticket = finishTicket || order?.finishTicket || '';
  if (order !== null && ticket === '') {
    throw new OrderStateError(input.outOrderNo, order.state, NO_ANSWER);
  }
  const known = new Set(order?.fees?.map(({ feeName }) => feeName));
  return {
    ...rest,
    finishType: FINISH_TYPES[finishType],
    finishTicket: ticket,
    fees: fees?.map((fee) => (known.has(fee.feeName) ? withoutDescription(fee) : fee)),
  };
}

function withoutDescription({ feeName, feeAmount }: FeeItem) {
  return { feeName, feeAmount };
}

/** Its value differs between queries, and each one given stays valid: it does not make another input. */
function withoutTicket({ finish_ticket: _, ...others }: FreshWrite['canonical']): string {
  return JSON.stringify(others);
}
