import type { IssueCollector } from './issue-collector.ts';

type Optional<T> = T | null | undefined;

export interface FeeItem {
  readonly feeName: string;
  readonly feeCount?: Optional<number>;
  readonly feeAmount?: Optional<number>;
  readonly feeDesc?: Optional<string>;
}

export interface DiscountItem {
  readonly discountName: string;
  readonly discountDesc?: Optional<string>;
}

type Path = (...rest: readonly string[]) => readonly string[];

/** The rules of 后付费项目, the same at create and at complete. */
export function checkFees(found: IssueCollector, fees: readonly FeeItem[]): void {
  found.check(fees.length <= 100, 'analogy', ['fees'], 'TOO_MANY', 'At most 100 fees.');
  found.unique(
    fees.map(({ feeName }) => feeName),
    (index) => ['fees', String(index), 'feeName'],
  );
  fees.forEach((fee, index) => {
    const { feeName, feeCount, feeAmount, feeDesc } = fee;
    const at: Path = (...rest) => ['fees', String(index), ...rest];
    const count = feeCount ?? 1;
    found.required(feeName, 'analogy', at('feeName'));
    found.length(feeName, 20, 'analogy', at('feeName'));
    found.characters(feeName, 'confirmed', at('feeName'));
    found.check(
      count >= 1 && count <= 100,
      'analogy',
      at('feeCount'),
      'OUT_OF_RANGE',
      'From 1 to 100.',
    );
    found.amount(feeAmount, at('feeAmount'));
    found.length(feeDesc, 30, 'analogy', at('feeDesc'));
    found.characters(feeDesc, 'confirmed', at('feeDesc'));
    const isPriced = typeof feeAmount === 'number' || Boolean(feeDesc);
    found.check(isPriced, 'analogy', at(), 'REQUIRED', 'Requires feeAmount or feeDesc.');
  });
}

/**
 * The rules of 商户优惠 that hold at create and at complete.
 * @param also what else holds for each
 */
export function checkDiscounts<Discount extends DiscountItem>(
  found: IssueCollector,
  discounts: readonly Discount[],
  also: (discount: Discount, at: Path) => void = () => {},
): void {
  found.check(discounts.length <= 5, 'confirmed', ['discounts'], 'TOO_MANY', 'At most 5.');
  found.unique(
    discounts.map(({ discountName }) => discountName),
    (index) => ['discounts', String(index), 'discountName'],
  );
  discounts.forEach((discount, index) => {
    const { discountName, discountDesc } = discount;
    const at: Path = (...rest) => ['discounts', String(index), ...rest];
    found.required(discountName, 'analogy', at('discountName'));
    found.length(discountName, 20, 'confirmed', at('discountName'));
    found.characters(discountName, 'confirmed', at('discountName'));
    found.length(discountDesc, 30, 'analogy', at('discountDesc'));
    found.characters(discountDesc, 'confirmed', at('discountDesc'));
    also(discount, at);
  });
}
