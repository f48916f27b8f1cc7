import {
  type CreatedPayAfterOrder,
  type CreatePayAfterOrderRequest,
  createdByQuery,
  type PayAfterOrder,
} from '../../../wechat/index.ts';
import { checkNumberAvailable, ownerOfNew } from '../../access/ownership.ts';
import { PAY_AFTER_ORDERS } from '../../products/products.ts';
import { type InputIssue, InvalidInputError } from '../../rules/field-rules.ts';
import { createInputIssues } from '../../rules/pay-after-create-input.ts';
import { plannedService } from '../../state/observation.ts';
import { startDeadline, writeUnlessRefused } from '../write-order.ts';
import type {
  CallDeadline,
  OrderServices,
  OrderWrite,
  Refusal,
  Replayable,
} from '../write-types.ts';

/**
 * Checks an order against every known rule, makes the intent durable, then creates the order at
 * WeChat Pay.
 * @throws InvalidInputError, LedgerUnavailableError before anything is sent, OrderConflictError if
 *   the number was used with other input (`ledger/jobs/acquire-intent.ts`), or what createPayAfterOrder of the client throws
 */
export async function createOrder(
  services: OrderServices,
  order: CreatePayAfterOrderRequest,
): Promise<Replayable<CreatedPayAfterOrder>> {
  const { wechat } = services;
  const deadline = startDeadline(wechat);
  const { owner, issues } = ownerOfNew(services, order.openid);
  const refusal = await checkCreate(services, order, { deadline, issues });
  const write = () => createWrite(services, order, owner);
  return await writeUnlessRefused(services, write, refusal, deadline);
}

type Issues = readonly InputIssue[];

async function checkCreate(
  services: OrderServices,
  order: CreatePayAfterOrderRequest,
  { deadline, issues: others }: { readonly deadline: CallDeadline; readonly issues: Issues },
): Promise<Refusal<PayAfterOrder> | undefined> {
  const { inputRules, ledger } = services;
  const { outOrderNo } = order;
  const issues = [...createInputIssues(order, inputRules, ledger.now()), ...others];
  return issues.length > 0
    ? { error: new InvalidInputError(issues) }
    : await checkNumberAvailable(services, { product: 'PAY_AFTER', outOrderNo }, deadline.sendBy);
}

function createWrite(
  { wechat }: OrderServices,
  order: CreatePayAfterOrderRequest,
  owner: string | null,
): OrderWrite<CreatedPayAfterOrder, PayAfterOrder> {
  const { appid, serviceId, outOrderNo, riskAmount } = order;
  const fresh = wechat.prepare.create(order);
  return {
    intended: {
      operation: 'create',
      product: 'PAY_AFTER',
      outOrderNo,
      appid,
      serviceId,
      canonical: JSON.stringify(fresh.canonical),
      owner,
      prepare: fresh,
    },
    orders: PAY_AFTER_ORDERS,
    send: (options) => wechat.createPayAfterOrder(order, options),
    // Its answer has no state: an order that was just created is at least this.
    seen: (_, now) => ({
      status: 'CREATED',
      stateRaw: 'CREATED',
      stateDescriptionRaw: null,
      product: 'PAY_AFTER',
      source: 'MUTATION',
      occurredAt: now,
      outOrderNo,
      appid,
      serviceId,
      riskAmount,
      serviceIntroduction: order.serviceIntroduction,
      planned: plannedService({
        startTime: order.serviceStartTime,
        endTime: order.serviceEndTime,
        startLocation: order.serviceStartLocation,
        endLocation: order.serviceEndLocation,
      }),
    }),
    shownByQuery: () => createdByQuery({ appid, serviceId, outOrderNo, mchid: wechat.mchid }),
  };
}
