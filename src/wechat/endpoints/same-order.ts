import type { CreatePayAfterOrderRequest, PayAfterOrder } from '../codec/wire-types.ts';
import { sameList, sameStart, sameTime, sameValue } from './same-values.ts';

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
