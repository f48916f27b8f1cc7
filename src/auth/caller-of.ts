import type { IncomingMessage } from 'node:http';
import type { Caller, Scope } from './caller.ts';

/** What is known of a request before anything of it is read. */
export interface CallerContext {
  /** Left here by authentication. */
  readonly caller?: Caller;
  /** As it came over the network; undefined where it did not. */
  readonly req?: IncomingMessage;
  /** When it came, on the monotonic clock; undefined where it stood in no line. */
  readonly cameMs?: number;
}

const NOBODY: Caller = { id: 'nobody', scopes: new Set(), openid: null, expiresAt: null };

/** Who calls; where nobody has said so, it is somebody without a single scope. */
export function callerOf({ caller }: CallerContext): Caller {
  return caller ?? NOBODY;
}

export function isAllowed(context: CallerContext, scope: Scope): boolean {
  return callerOf(context).scopes.has(scope);
}
