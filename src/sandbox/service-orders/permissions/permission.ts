/** A user's permission for orders that need no confirmation (预授权), by the merchant's own number. */
export interface ServicePermission {
  readonly authorizationCode: string;
  /** `UNBINDUSER`: no user has opened the page yet. */
  readonly state: 'AVAILABLE' | 'UNAVAILABLE' | 'UNBINDUSER';
  readonly openid?: string;
  readonly notifyUrl?: string;
  /** What opens the page on which the user permits it; valid for an hour. */
  readonly token?: string;
  readonly tokenAtMs?: number;
  /** Milliseconds of the business clock. */
  readonly appliedAtMs: number;
  readonly grantedAtMs?: number;
  readonly endedAtMs?: number;
}

export interface PermissionStore {
  find(authorizationCode: string): ServicePermission | undefined;
  /** The user's newest one. */
  findByOpenid(openid: string): ServicePermission | undefined;
  findByToken(token: string): ServicePermission | undefined;
  all(): readonly ServicePermission[];
  put(permission: ServicePermission): void;
}

export function createPermissionStore(): PermissionStore {
  const permissions = new Map<string, ServicePermission>();
  return {
    find: (code) => permissions.get(code),
    findByOpenid: (openid) => [...permissions.values()].findLast((one) => one.openid === openid),
    findByToken: (token) => [...permissions.values()].find((one) => one.token === token),
    all: () => [...permissions.values()],
    put: (permission) => {
      permissions.delete(permission.authorizationCode);
      permissions.set(permission.authorizationCode, permission);
    },
  };
}
