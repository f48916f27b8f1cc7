import type { JsonObject } from './json.ts';

/** A name for a test's title, and the fault as the sandbox's controls take it, but for its calls. */
export type NamedFault = readonly [name: string, fault: JsonObject];

export function statusFault(status: number, more: JsonObject = {}): JsonObject {
  return { fault: 'status', status, ...more };
}

/** Longer than any attempt of these tests may take. */
export const SILENCE: JsonObject = { fault: 'latency', ms: 5_000 };

/** Answers of which nobody can tell that WeChat Pay gave them. */
export const UNTRUSTED: readonly NamedFault[] = [
  'unsigned',
  'wrong-signature',
  'other-body',
  'stale',
  'future',
  'probe',
  'unknown-serial',
].map((fault) => [fault, { fault }]);
