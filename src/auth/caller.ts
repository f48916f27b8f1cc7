import type { IncomingMessage } from 'node:http';

/** What a caller may be allowed to do. */
export const SCOPES = [
  'orders:create',
  'orders:read',
  'orders:cancel',
  'orders:complete',
  'orders:any',
  'events:read',
  'permissions:read',
  'permissions:write',
  'schema:read',
  'metrics:read',
] as const;

export type Scope = (typeof SCOPES)[number];

/** The caller and its permissions. */
export interface Caller {
  /**
   * For logs and limits: the client of an API key or the token's subject, never the credential
   * itself.
   */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The client program: that of an API key, or that of a token if it names one; never a user. */
  readonly client: string | null;
  /** The end user that the caller acts for; null if the credential has none. */
  readonly openid: string | null;
  /** Unix ms when the credential expires; null: never. */
  readonly expiresAt: number | null;
  /** Aborted if the credential is revoked before it expires. */
  readonly revoked?: AbortSignal;
}

/** The caller of every request if authentication is off: it has every scope. */
export const ANYONE: Caller = {
  id: 'anyone',
  scopes: new Set(SCOPES),
  client: null,
  openid: null,
  expiresAt: null,
};

/** Whether a caller acts for one user at most. */
export function isShopper({ scopes }: Pick<Caller, 'scopes'>): boolean {
  return !scopes.has('orders:any');
}

/** Scopes that do not concern orders. */
const OF_THE_SERVER: ReadonlySet<Scope> = new Set(['schema:read', 'metrics:read']);

/**
 * Scopes that decide what a user pays, now or without a confirmation later: never for a caller that
 * acts for one user, whatever the token says.
 */
const NOT_FOR_SHOPPERS: ReadonlySet<Scope> = new Set([
  'orders:complete',
  'permissions:read',
  'permissions:write',
]);

export type Permission = 'granted' | 'scope-missing' | 'shopper-missing' | 'not-for-shoppers';

/** Whether a caller has a permission. Scopes for orders require either orders:any or an openid. */
export function permission({ scopes, openid }: Caller, scope: Scope): Permission {
  if (!scopes.has(scope)) {
    return 'scope-missing';
  }
  if (NOT_FOR_SHOPPERS.has(scope) && isShopper({ scopes })) {
    return 'not-for-shoppers';
  }
  const bound = OF_THE_SERVER.has(scope) || scopes.has('orders:any') || openid !== null;
  return bound ? 'granted' : 'shopper-missing';
}

/** The known scopes among these strings. */
export function knownScopes(words: readonly string[]): ReadonlySet<Scope> {
  return new Set(SCOPES.filter((scope) => words.includes(scope)));
}

/** What is known of a request before it is read. */
export interface CallerContext {
  /** Set by authentication. */
  readonly caller?: Caller;
  /** The raw request; undefined if it did not arrive over the network. */
  readonly req?: IncomingMessage;
  /** Arrival time on the monotonic clock; undefined if it was not queued. */
  readonly cameMs?: number;
  /** Over WebSocket: aborted when the client disconnects. */
  readonly signal?: AbortSignal;
}

const NOBODY: Caller = {
  id: 'nobody',
  scopes: new Set(),
  client: null,
  openid: null,
  expiresAt: null,
};

/** The caller; if authentication has set none, one without any scope. */
export function callerOf({ caller }: CallerContext): Caller {
  return caller ?? NOBODY;
}

export function isAllowed(context: CallerContext, scope: Scope): boolean {
  return callerOf(context).scopes.has(scope);
}
