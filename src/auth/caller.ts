import type { IncomingMessage } from 'node:http';

/** What a caller may be allowed to do. */
export const SCOPES = [
  'orders:create',
  'orders:read',
  'orders:cancel',
  'orders:complete',
  'orders:any',
  'events:read',
  'schema:read',
  'metrics:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Who calls, and what they may do. */
export interface Caller {
  /** For logs and limits: names the client of an API key or the token's subject, never the credential itself. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The client program: that of an API key, or that of a token if it names one; never a user. */
  readonly client: string | null;
  /** The shopper that the caller acts for; null where it names none. */
  readonly openid: string | null;
  /** Unix ms when the credential ends; null where it does not. */
  readonly expiresAt: number | null;
  /** Fires where the credential is taken back before its time. */
  readonly revoked?: AbortSignal;
}

/** Where callers are not authenticated, each is this one, and may do everything. */
export const ANYONE: Caller = {
  id: 'anyone',
  scopes: new Set(SCOPES),
  client: null,
  openid: null,
  expiresAt: null,
};

/** These are not about anybody's orders. */
const OF_THE_SERVER: ReadonlySet<Scope> = new Set(['schema:read', 'metrics:read']);

/** These decide what a user pays: never for a caller who acts for one user, whatever the token says. */
const NOT_FOR_SHOPPERS: ReadonlySet<Scope> = new Set(['orders:complete']);

export type Permission = 'granted' | 'scope-missing' | 'shopper-missing' | 'not-for-shoppers';

/**
 * Whether a caller may do this. What is about orders is for those who may act for every user, or
 * name the one they act for.
 */
export function permission({ scopes, openid }: Caller, scope: Scope): Permission {
  if (!scopes.has(scope)) {
    return 'scope-missing';
  }
  if (NOT_FOR_SHOPPERS.has(scope) && !scopes.has('orders:any')) {
    return 'not-for-shoppers';
  }
  const bound = OF_THE_SERVER.has(scope) || scopes.has('orders:any') || openid !== null;
  return bound ? 'granted' : 'shopper-missing';
}

/** The scopes among these words. */
export function knownScopes(words: readonly string[]): ReadonlySet<Scope> {
  return new Set(SCOPES.filter((scope) => words.includes(scope)));
}

/** What is known of a request before anything of it is read. */
export interface CallerContext {
  /** Left here by authentication. */
  readonly caller?: Caller;
  /** As it came over the network; undefined where it did not. */
  readonly req?: IncomingMessage;
  /** When it came, on the monotonic clock; undefined where it stood in no line. */
  readonly cameMs?: number;
}

const NOBODY: Caller = {
  id: 'nobody',
  scopes: new Set(),
  client: null,
  openid: null,
  expiresAt: null,
};

/** Who calls; where nobody has said so, it is somebody without a single scope. */
export function callerOf({ caller }: CallerContext): Caller {
  return caller ?? NOBODY;
}

export function isAllowed(context: CallerContext, scope: Scope): boolean {
  return callerOf(context).scopes.has(scope);
}
