/** One line of the doctor's report: what was checked, and what to fix. */
export interface Finding {
  readonly grade: 'ok' | 'warn' | 'FAIL';
  readonly what: string;
  readonly say: string;
}

const of =
  (grade: Finding['grade']) =>
  (what: string, say: string): Finding => ({ grade, what, say });

export const ok = of('ok');
export const warn = of('warn');
export const fail = of('FAIL');

export function toLine({ grade, what, say }: Finding): string {
  return `${grade.padEnd(4)} ${what}: ${say}\n`;
}

/** The innermost code, such as ECONNREFUSED; a message may contain a password. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return 'unknown';
  }
  const inner = error.cause === undefined ? '' : codeOf(error.cause);
  // The code of a DOMException is a number: its name says more, such as TimeoutError.
  return inner || ('code' in error && typeof error.code === 'string' ? error.code : error.name);
}
