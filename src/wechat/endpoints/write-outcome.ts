import { parseObject } from '../calls/classify-response.ts';
import { decode, type Wire } from '../codec/codec.ts';
import {
  type CreatePayAfterOrderRequest,
  createRequest,
  type PayAfterOrder,
} from '../codec/wire-types.ts';
import { sameList, sameStart, sameTime, sameValue } from './same-values.ts';

export type WriteOperation = 'create' | 'complete' | 'cancel' | 'sync';

/** `undetermined`: what a query shows neither proves nor disproves that the write took effect. */
export type WriteOutcome = 'took-effect' | 'no-effect' | 'undetermined';

const UNUSED = 1;
/** How a synced order is paid: inferred by clients of the API; other values are not known. */
const MERCHANT_CHANNEL = 'MchChannelPayType';
const KNOWN_STATES: ReadonlySet<string> = new Set([
  'CREATED',
  'USER_ACCEPTED',
  'FINISHED',
  'USER_PAID',
  'REVOKED',
  'EXPIRED',
]);

/**
 * Decides from the order that a query shows whether a write took effect. Calls and the reconciler
 * share this rule. A missing value is never compared, because it proves nothing.
 * @param body the bytes that were sent
 */
export function outcomeByQuery(
  operation: WriteOperation,
  body: Uint8Array,
  order: PayAfterOrder,
): WriteOutcome {
  const sent = parseObject(body);
  if (sent === undefined) {
    return 'undetermined';
  }
  switch (operation) {
    case 'create':
      return createOutcome(sent, order);
    case 'complete':
      return completeOutcome(sent, order);
    case 'cancel':
      return order.state === 'REVOKED' ? 'took-effect' : otherwise(order);
    case 'sync':
      return syncOutcome(order);
  }
}

/**
 * `risk_amount` is required at creation and always shown: without it nothing proves that it is the
 * same order.
 */
function createOutcome(sent: Wire, order: PayAfterOrder): WriteOutcome {
  const request = decode(createRequest, sent, () => {});
  if (request === undefined || !sameOrder(request, order)) {
    return request === undefined ? 'undetermined' : 'no-effect';
  }
  return order.riskAmount === null ? 'undetermined' : 'took-effect';
}

/** The amount decides, because a complete with another amount leads to the same states. */
function completeOutcome(sent: Wire, order: PayAfterOrder): WriteOutcome {
  const { state, finishType, totalAmount } = order;
  const isCompleted = finishType !== null || state === 'FINISHED' || state === 'USER_PAID';
  if (!isCompleted) {
    // The state after a complete of an unused service is not known.
    const mayBeUnused = sent['finish_type'] === UNUSED && state === 'REVOKED';
    return mayBeUnused ? 'undetermined' : otherwise(order);
  }
  const isOther =
    (finishType !== null && finishType !== sent['finish_type']) ||
    (totalAmount !== null && totalAmount !== sent['total_amount']);
  if (isOther) {
    return 'no-effect';
  }
  // An unused service always comes to 0.
  return totalAmount !== null || finishType === UNUSED ? 'took-effect' : 'undetermined';
}

/**
 * If WeChat Pay collected the payment instead, the user has paid twice: only the merchant can
 * resolve that.
 */
function syncOutcome(order: PayAfterOrder): WriteOutcome {
  const { state, payType, finishTransactionId } = order;
  if (state !== 'USER_PAID') {
    return otherwise(order);
  }
  if (payType === MERCHANT_CHANNEL) {
    return 'took-effect';
  }
  return finishTransactionId === null ? 'undetermined' : 'no-effect';
}

/** A state that this server does not know may be the result of the write. */
function otherwise({ state }: PayAfterOrder): WriteOutcome {
  return isKnownState(state) ? 'no-effect' : 'undetermined';
}

/** Whether WeChat Pay's documentation lists this state. */
export function isKnownState(state: string): boolean {
  return KNOWN_STATES.has(state);
}

/**
 * Whether the order that a query shows is the one that was to be created. Missing values are not
 * compared: personal data is never returned.
 */
export function sameOrder(sent: CreatePayAfterOrderRequest, shown: PayAfterOrder): boolean {
  const seen = asCreated(shown);
  return (
    sameValue(sent.riskAmount, seen.riskAmount) &&
    sameStart(sent.serviceStartTime, seen.serviceStartTime) &&
    sameTime(sent.serviceEndTime, seen.serviceEndTime) &&
    sameValue(sent.serviceStartLocation, seen.serviceStartLocation) &&
    sameValue(sent.serviceEndLocation, seen.serviceEndLocation) &&
    sameValue(sent.serviceIntroduction, seen.serviceIntroduction) &&
    sameList(sent.fees, seen.fees, sameFee) &&
    sameList(sent.discounts, seen.discounts, sameDiscount)
  );
}

/** After an order is completed, a query shows the fees and discounts of the complete. */
function asCreated(shown: PayAfterOrder): PayAfterOrder {
  return shown.totalAmount === null ? shown : { ...shown, fees: null, discounts: null };
}

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;
type SentFee = Listed<CreatePayAfterOrderRequest['fees']>;
type SentDiscount = Listed<CreatePayAfterOrderRequest['discounts']>;

function sameFee(sent: SentFee, seen: Listed<PayAfterOrder['fees']>): boolean {
  return (
    sameValue(sent.feeName, seen.feeName) &&
    sameValue(sent.feeCount ?? 1, seen.feeCount) &&
    sameValue(sent.feeAmount ?? 0, seen.feeAmount) &&
    sameValue(sent.feeDesc, seen.feeDesc)
  );
}

function sameDiscount(sent: SentDiscount, seen: Listed<PayAfterOrder['discounts']>): boolean {
  return (
    sameValue(sent.discountName, seen.discountName) &&
    sameValue(sent.discountDesc, seen.discountDesc)
  );
}
