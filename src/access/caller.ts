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
  /** For logs and limits: names the API key or the token's subject, never the credential itself. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The shopper that the caller acts for; null where it names none. */
  readonly openid: string | null;
  /** Unix ms when the credential ends; null where it does not. */
  readonly expiresAt: number | null;
}

/** Where callers are not authenticated, each is this one, and may do everything. */
export const ANYONE: Caller = {
  id: 'anyone',
  scopes: new Set(SCOPES),
  openid: null,
  expiresAt: null,
};
