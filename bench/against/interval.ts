/** Two-sided 95 % quantiles of Student's t distribution, by degrees of freedom from 1. */
const T_95 = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093,
];
const T_95_MANY = 2.0;

export interface Ratio {
  /** Geometric mean of the ratios. */
  readonly ratio: number;
  /** Its 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
}

/** The mean ratio of pairs that were measured one right after the other, with its 95 % interval. */
export function ratioOf(pairs: readonly (readonly [base: number, now: number])[]): Ratio {
  const logs = pairs.map(([base, now]) => Math.log(now / base));
  const count = logs.length;
  const mean = logs.reduce((sum, one) => sum + one, 0) / count;
  const variance = logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, count - 1);
  const half = (T_95[count - 2] ?? T_95_MANY) * Math.sqrt(variance / count);
  return { ratio: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
}
