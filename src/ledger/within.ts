/** Node fires a longer timer immediately. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The result of the work, or `late` after so many ms; the work goes on, and what it then rejects with is dropped.
 * @throws what the work rejects with in time
 */
export async function within<T, L>(ms: number, work: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<L>((resolve) => {
    timer = setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS), late);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
