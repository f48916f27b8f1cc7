import {
  type ChangedPayAfterOrder,
  type CompletePayAfterOrderRequest,
  type FreshWrite,
  OrderNotFoundError,
  OrderStateError,
  type PayAfterOrder,
  WechatError,
} from '../../../wechat/index.ts';
import { checkActsForAll } from '../../access/ownership.ts';
import { type OrderQueries, PAY_AFTER_ORDERS } from '../../products/products.ts';
import { type FeeItem, InvalidInputError } from '../../rules/field-rules.ts';
import { type CompleteInput, completeInputIssues } from '../../rules/pay-after-update-input.ts';
import { NO_ANSWER, queryBeforeWrite } from '../query-before-write.ts';
import { startDeadline, writeUnlessRefused } from '../write-order.ts';
import type { OrderServices, OrderWrite, Replayable } from '../write-types.ts';

const FINISH_TYPES = { UNUSED: 1, FINISHED: 2 } as const;

/**
 * Completes an order; not for end users. WeChat Pay is queried first: for the ticket if it was
 * omitted, and for the fees given at creation, which WeChat Pay accepts only without description
 * and count.
 * @throws InvalidInputError, LedgerUnavailableError, OrderNotFoundError, OrderStateError,
 *   OrderConflictError, WechatRefusedError, WechatUnavailableError, OrderOutcomeUnknownError
 */
export async function completeOrder(
  services: OrderServices,
  input: CompleteInput,
): Promise<Replayable<ChangedPayAfterOrder>> {
  const deadline = startDeadline(services.wechat);
  const issues = completeInputIssues(input, services.inputRules, services.ledger.now());
  const refusal =
    checkActsForAll(services, input.outOrderNo) ??
    (issues.length > 0 ? { error: new InvalidInputError(issues) } : undefined);
  const write = () => completeWrite(services, input, deadline.queryBy);
  return await writeUnlessRefused(services, write, refusal, deadline);
}

function completeWrite(
  { wechat }: OrderServices,
  input: CompleteInput,
  queryBy: number,
): OrderWrite<ChangedPayAfterOrder, PayAfterOrder> {
  const { appid, serviceId, outOrderNo } = input;
  let request = requestOf(input, null);
  return {
    intended: {
      operation: 'complete',
      product: 'PAY_AFTER',
      outOrderNo,
      appid,
      serviceId,
      canonical: withoutTicket(wechat.prepare.complete(request).canonical),
      owner: null,
      prepare: async () => {
        request = requestOf(input, await present(wechat, input, queryBy));
        return wechat.prepare.complete(request);
      },
    },
    orders: PAY_AFTER_ORDERS,
    send: (options) => wechat.completePayAfterOrder(request, options),
    shownByQuery: () => ({ appid, serviceId, outOrderNo, mchid: wechat.mchid, orderId: null }),
  };
}

/** The current order. If the query fails, only a caller that passes a ticket can continue. */
async function present(
  wechat: OrderQueries,
  { appid, serviceId, outOrderNo, finishTicket }: CompleteInput,
  queryBy: number,
): Promise<PayAfterOrder | null> {
  try {
    const query = { appid, serviceId, outOrderNo };
    const order = await queryBeforeWrite({ orders: PAY_AFTER_ORDERS, wechat }, query, queryBy);
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
    throw new OrderStateError(input.outOrderNo, order, NO_ANSWER);
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

/**
 * The ticket differs between queries, and each one stays valid: a different ticket is not different
 * input.
 */
function withoutTicket({ finish_ticket: _, ...others }: FreshWrite['canonical']): string {
  return JSON.stringify(others);
}
