import { fromWireTime, ON_ACCEPT, toWireTime, wireMoment } from '../codec/service-time.ts';
import type { CreatePayAfterOrderRequest, PayAfterOrder } from '../codec/wire-types.ts';

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
type Optional<T> = T | null | undefined;
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

/** WeChat Pay omits empty texts and trims what it stores. */
function sameValue<T>(sent: Optional<T>, seen: T | null): boolean {
  const shown = trimmed(seen);
  return shown === null || shown === '' || trimmed(sent) === shown;
}

function trimmed<T>(value: T): T | string {
  return typeof value === 'string' ? value.trim() : value;
}

/** Names are unique in a list, so the order of its items does not matter. */
function sameList<Sent, Seen>(
  sent: Optional<readonly Sent[]>,
  seen: readonly Seen[] | null,
  same: (sent: Sent, seen: Seen) => boolean,
): boolean {
  if (seen === null) {
    return true;
  }
  const items = sent ?? [];
  return items.length === seen.length && seen.every((item) => items.some((own) => same(own, item)));
}

/** `OnAccept` becomes the time of acceptance, so either side may show it. */
function sameStart(sent: string, seen: string | null): boolean {
  return sent === ON_ACCEPT || sameTime(sent, seen);
}

/** A plain date means its first second. */
function sameTime(sent: Optional<string>, seen: string | null): boolean {
  return seen === null || (typeof sent === 'string' && moment(sent) === moment(seen));
}

function moment(time: string): number | string | undefined {
  const wire = toWireTime(time);
  return wire === undefined ? fromWireTime(time) : (wireMoment(wire) ?? wire);
}
