import type { CreateServiceOrderRequest, ServiceOrder } from '../../codec/service-order-types.ts';
import { sameList, sameStart, sameTime, sameValue } from '../same-values.ts';

type Listed<T> = T extends readonly (infer Item)[] ? Item : never;

/**
 * Whether the order that a query shows is the one that was to be created. Missing values are not
 * compared.
 * @param isCompleted a complete replaces lists, times and places: only what stays is compared
 */
export function sameServiceOrder(
  sent: CreateServiceOrderRequest,
  shown: ServiceOrder,
  isCompleted: boolean,
): boolean {
  return (
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
