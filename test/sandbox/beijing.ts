/** `yyyyMMddHHmmss` in +08:00, so many milliseconds from now. */
export function beijing(fromNowMs: number): string {
  const ms = Date.now() + 8 * 3_600_000 + fromNowMs;
  return new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14);
}
