import { readPayAfterState } from '../../domain/pay-after-state.ts';
import {
  type CreatedPayAfterOrder,
  type CreatePayAfterOrderRequest,
  createdByQuery,
  type PayAfterOrder,
} from '../../wechat/index.ts';
import { checkNumberAvailable } from '../access/ownership.ts';
import { PAY_AFTER_ORDERS } from '../products/products.ts';
import { createInputIssues } from '../rules/create-input.ts';
import { type InputIssue, InvalidInputError } from '../rules/input-issue.ts';
import { type Refusal, refuseUnlessDone } from './refuse-unless-done.ts';
import {
  type CallDeadline,
  type OrderServices,
  type OrderWrite,
  type Replayable,
  startDeadline,
  writeOrder,
} from './write-order.ts';

const FOREIGN_OPENID: InputIssue = {
  path: ['openid'],
  code: 'NOT_ALLOWED',
  message: "Must be the caller's own openid: omit it.",
};

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
  const { wechat, ledger, visibility } = services;
  const deadline = startDeadline(wechat);
  const given = typeof order.openid === 'string' ? ledger.ownerOf(order.openid) : null;
  const owner = (visibility.kind === 'none' ? null : visibility.owner) ?? given;
  const isForeign = given !== null && given !== owner;
  const refusal = await checkCreate(services, order, { deadline, isForeign });
  const write = () => createWrite(services, order, owner);
  return refusal === undefined
    ? await writeOrder(services, write(), deadline)
    : await refuseUnlessDone(services, write, refusal, deadline);
}

async function checkCreate(
  services: OrderServices,
  order: CreatePayAfterOrderRequest,
  { deadline, isForeign }: { readonly deadline: CallDeadline; readonly isForeign: boolean },
): Promise<Refusal<PayAfterOrder> | undefined> {
  const { inputRules, ledger } = services;
  const { outOrderNo } = order;
  const issues = [
    ...createInputIssues(order, inputRules, ledger.now()),
    ...(isForeign ? [FOREIGN_OPENID] : []),
  ];
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
      ...readPayAfterState('CREATED'),
      product: 'PAY_AFTER',
      source: 'MUTATION',
      occurredAt: now,
      outOrderNo,
      appid,
      serviceId,
      riskAmount,
      serviceIntroduction: order.serviceIntroduction,
      planned: {
        startTime: order.serviceStartTime ?? null,
        endTime: order.serviceEndTime ?? null,
        startLocation: order.serviceStartLocation ?? null,
        endLocation: order.serviceEndLocation ?? null,
      },
    }),
    shownByQuery: () => createdByQuery({ appid, serviceId, outOrderNo, mchid: wechat.mchid }),
  };
}
