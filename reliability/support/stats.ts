/** The value that the given part (0.99, say) of all values does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** A whole number from `min` to `max`. */
export function between(min: number, max: number): number {
  return min + Math.floor(Math.random() * (max - min + 1));
}

/** An element of a list that must not be empty. */
export function pick<T>(items: readonly T[]): T {
  const item = items[between(0, items.length - 1)];
  if (item === undefined) {
    throw new Error('There is nothing to pick from.');
  }
  return item;
}
