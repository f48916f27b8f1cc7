import { parseObject } from '../../calls/classify-response.ts';
import { decode, type Wire } from '../../codec/codec.ts';
import {
  type CreateServiceOrderRequest,
  createServiceOrderRequest,
  directCompleteServiceOrderRequest,
  type ServiceOrder,
} from '../../codec/service-order-types.ts';
import type { ShownOrder } from '../resolve-by-query.ts';
import { sameList, sameStart, sameTime, sameValue } from '../same-values.ts';
import type { WriteOutcome } from '../write-outcome.ts';
import { phaseOf } from './phase.ts';
import { runServiceOrderQuery, type ServiceOrderQuery } from './query.ts';

/** The writes to a service order; `collect` is WeChat Pay's `pay`. */
export type ServiceOrderOperation =
  | 'create'
  | 'complete'
  | 'modify'
  | 'cancel'
  | 'collect'
  | 'sync'
  /** 创单结单合并. */
  | 'directComplete'
  /** A message about money to the user. */
  | 'message';

/** How a query shows the outcome of a write to this order. */
export function shownServiceOrder(
  order: ServiceOrderQuery & { readonly outOrderNo: string },
  operation: ServiceOrderOperation,
  body: Uint8Array,
): ShownOrder<ServiceOrder> {
  return {
    outOrderNo: order.outOrderNo,
    isCreate: operation === 'create' || operation === 'directComplete',
    isComplete: operation === 'complete' || operation === 'directComplete',
    query: (context, deadline) => runServiceOrderQuery(context, order, deadline),
    outcomeOf: (shown) => serviceOrderOutcome(operation, body, shown),
    confirms: (shown) => {
      const proof = proofOf(operation, body, shown);
      const isSilent = proof === 'silent' && operation !== 'directComplete';
      return proof === 'took-effect' || (isSilent && phaseOf(shown) !== 'unknown');
    },
    stateOf: (shown) => ({ state: shown.state, phase: phaseOf(shown) }),
    showsOrderId: true,
  };
}

/**
 * Decides from the order that WeChat Pay shows whether a write took effect. Calls and the reconciler
 * share this rule. A missing value is never compared, because it proves nothing.
 * @param body the bytes that were sent
 */
export function serviceOrderOutcome(
  operation: ServiceOrderOperation,
  body: Uint8Array,
  order: ServiceOrder,
): WriteOutcome {
  const proof = proofOf(operation, body, order);
  return proof === 'silent' || proof === 'lowered' ? 'undetermined' : proof;
}

/**
 * `silent`: what would decide is missing. `lowered`: the amount is lower than the one that was sent,
 * as after a later modify; the response to the write itself never shows that.
 */
export type ServiceOrderProof = 'took-effect' | 'no-effect' | 'silent' | 'lowered';

/** What an order shows of a write. */
export function proofOf(
  operation: ServiceOrderOperation,
  body: Uint8Array,
  order: ServiceOrder,
): ServiceOrderProof {
  const sent = parseObject(body);
  return sent === undefined ? 'silent' : PROOFS[operation](sent, order);
}

const PROOFS: Readonly<
  Record<ServiceOrderOperation, (sent: Wire, order: ServiceOrder) => ServiceOrderProof>
> = {
  create: createProof,
  complete: completeProof,
  modify: modifyProof,
  cancel: (_, order) => (order.state === 'REVOKED' ? 'took-effect' : otherwise(order)),
  collect: (_, order) => collectProof(order),
  sync: (_, order) => syncProof(order),
  directComplete: directCompleteProof,
  // No order shows a message.
  message: () => 'silent',
};

/**
 * The fund is required at creation and always shown: without it nothing proves that it is the same
 * order.
 */
function createProof(sent: Wire, order: ServiceOrder): ServiceOrderProof {
  const request = createOf(sent);
  if (request === undefined) {
    return 'silent';
  }
  const phase = phaseOf(order);
  const isCompleted = order.totalAmount !== null || phase === 'completed' || phase === 'done';
  if (!sameServiceOrder(request, order, isCompleted)) {
    return 'no-effect';
  }
  return typeof order.riskFund?.amount === 'number' ? 'took-effect' : 'silent';
}

/**
 * The amount decides, because a complete with another amount leads to the same states. A lower one
 * may be the result of a modify after it.
 */
function completeProof(sent: Wire, order: ServiceOrder): ServiceOrderProof {
  const phase = phaseOf(order);
  const total = sent['total_amount'];
  if (phase !== 'completed' && phase !== 'done') {
    // The state after a complete with 0 is not documented.
    return phase === 'revoked' && total === 0 ? 'silent' : otherwise(order);
  }
  return amountProof(total, order.totalAmount);
}

/**
 * It is the order that was sent, completed with its amount. Whether the order can be left without the
 * complete is not documented: one that is not completed proves nothing.
 */
function directCompleteProof(sent: Wire, order: ServiceOrder): ServiceOrderProof {
  const request = decode(directCompleteServiceOrderRequest, sent, () => {});
  if (request === undefined) {
    return 'silent';
  }
  const isSame =
    sameValue(request.openid, order.openid) &&
    sameValue(request.serviceIntroduction, order.serviceIntroduction);
  if (!isSame) {
    return 'no-effect';
  }
  const phase = phaseOf(order);
  return phase === 'completed' || phase === 'done'
    ? amountProof(request.totalAmount, order.totalAmount)
    : 'silent';
}

/** The amount to collect is the new one; each modify lowers it. */
function modifyProof(sent: Wire, order: ServiceOrder): ServiceOrderProof {
  const phase = phaseOf(order);
  if (phase !== 'completed' && phase !== 'done') {
    return otherwise(order);
  }
  return amountProof(sent['total_amount'], order.collection?.totalAmount ?? null);
}

function amountProof(sent: unknown, shown: number | null): ServiceOrderProof {
  if (shown === null) {
    return 'silent';
  }
  if (shown === sent) {
    return 'took-effect';
  }
  return typeof sent === 'number' && shown < sent ? 'lowered' : 'no-effect';
}

/**
 * A request to collect leaves no trace: only a payment through WeChat Pay shows that it may have
 * worked. Of an order that the merchant's own channel or nothing has settled, nothing was collected.
 */
function collectProof(order: ServiceOrder): ServiceOrderProof {
  switch (phaseOf(order)) {
    case 'done':
      return order.collection === null ? 'no-effect' : paidThrough(order, 'NEWTON');
    case 'completed':
    case 'unknown':
      return 'silent';
    default:
      return 'no-effect';
  }
}

/**
 * If WeChat Pay collected the payment instead, the user has paid twice: only the merchant can
 * resolve that.
 */
function syncProof(order: ServiceOrder): ServiceOrderProof {
  return phaseOf(order) === 'done' ? paidThrough(order, 'MCH') : otherwise(order);
}

/** Whether the order was paid through this channel: WeChat Pay (`NEWTON`) or the merchant's. */
function paidThrough(order: ServiceOrder, channel: 'NEWTON' | 'MCH'): ServiceOrderProof {
  const types = order.collection?.details?.map(({ paidType }) => paidType) ?? [];
  if (types.includes(channel)) {
    return 'took-effect';
  }
  return types.includes('NEWTON') || types.includes('MCH') ? 'no-effect' : 'silent';
}

/** A state that this client does not know may be the result of the write. */
function otherwise(order: ServiceOrder): ServiceOrderProof {
  return phaseOf(order) === 'unknown' ? 'silent' : 'no-effect';
}

function createOf(sent: Wire): CreateServiceOrderRequest | undefined {
  return decode(createServiceOrderRequest, sent, () => {});
}

/** The create that these bytes are; undefined if they are none. */
export function readServiceOrderCreate(body: Uint8Array): CreateServiceOrderRequest | undefined {
  const sent = parseObject(body);
  return sent && createOf(sent);
}

/**
 * Whether a write that has not taken effect by now never will: each modify has to lower the amount,
 * and the order's is lower already.
 */
export function isSuperseded(
  operation: ServiceOrderOperation,
  body: Uint8Array,
  order: ServiceOrder,
): boolean {
  return operation === 'modify' && proofOf(operation, body, order) === 'lowered';
}

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;

/**
 * Whether the order that a query shows is the one that was to be created. Missing values are not
 * compared.
 * @param isCompleted a complete replaces lists, times and places: only what stays is compared
 */
function sameServiceOrder(
  sent: CreateServiceOrderRequest,
  shown: ServiceOrder,
  isCompleted: boolean,
): boolean {
  return (
    // Only a create without confirmation names the user; otherwise it is the one who confirms.
    (!sent.openid || sameValue(sent.openid, shown.openid)) &&
    sameValue(sent.serviceIntroduction, shown.serviceIntroduction) &&
    sameValue(sent.riskFund.name, shown.riskFund?.name ?? null) &&
    sameValue(sent.riskFund.amount, shown.riskFund?.amount ?? null) &&
    (isCompleted || sameAsPlanned(sent, shown))
  );
}

function sameAsPlanned(sent: CreateServiceOrderRequest, shown: ServiceOrder): boolean {
  return (
    sameStart(sent.timeRange.startTime, shown.timeRange?.startTime ?? null) &&
    sameTime(sent.timeRange.endTime, shown.timeRange?.endTime ?? null) &&
    sameValue(sent.location?.startLocation, shown.location?.startLocation ?? null) &&
    sameValue(sent.location?.endLocation, shown.location?.endLocation ?? null) &&
    sameList(sent.postPayments, shown.postPayments, samePayment) &&
    sameList(sent.postDiscounts, shown.postDiscounts, sameDiscount)
  );
}

function samePayment(
  sent: Listed<CreateServiceOrderRequest['postPayments']>,
  seen: Listed<ServiceOrder['postPayments']>,
): boolean {
  return (
    sameValue(sent.name, seen.name) &&
    sameValue(sent.amount ?? 0, seen.amount) &&
    sameValue(sent.description, seen.description) &&
    sameValue(sent.count ?? 1, seen.count)
  );
}

function sameDiscount(
  sent: Listed<CreateServiceOrderRequest['postDiscounts']>,
  seen: Listed<ServiceOrder['postDiscounts']>,
): boolean {
  return (
    sameValue(sent.name, seen.name) &&
    sameValue(sent.description, seen.description) &&
    sameValue(sent.count ?? 1, seen.count)
  );
}
