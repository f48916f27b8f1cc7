/** What an order has once and for all; null or left out: not known. */
interface Facts {
  readonly appid: string;
  readonly serviceId: string;
  readonly riskAmount?: number | null | undefined;
  readonly totalAmount?: number | null | undefined;
}

/**
 * The name of a fact that contradicts the record, as WeChat Pay calls it; undefined if none does. What
 * contradicts the record, by a fact or by a status that cannot follow, is kept but not applied: money
 * of one order must not be moved by what belongs to another.
 */
export function contradictedField(recorded: Facts, seen: Facts): string | undefined {
  const pairs = {
    appid: [recorded.appid, seen.appid],
    service_id: [recorded.serviceId, seen.serviceId],
    risk_amount: [recorded.riskAmount ?? null, seen.riskAmount ?? null],
    total_amount: [recorded.totalAmount ?? null, seen.totalAmount ?? null],
  };
  return Object.entries(pairs).find(
    ([, [known, now]]) => known !== null && now !== null && known !== now,
  )?.[0];
}

/** Whether it is an order of another app or service, though its number is the same. */
export function isOtherOrder(
  known: Pick<Facts, 'appid' | 'serviceId'>,
  seen: Pick<Facts, 'appid' | 'serviceId'>,
): boolean {
  return known.appid !== seen.appid || known.serviceId !== seen.serviceId;
}
