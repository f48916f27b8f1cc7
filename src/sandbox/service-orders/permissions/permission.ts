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
  /** What the user permits now, or else permitted last. */
  findByOpenid(openid: string): ServicePermission | undefined;
  findByToken(token: string): ServicePermission | undefined;
  all(): readonly ServicePermission[];
  put(permission: ServicePermission): void;
}

export function createPermissionStore(): PermissionStore {
  const permissions = new Map<string, ServicePermission>();
  return {
    find: (code) => permissions.get(code),
    findByOpenid: (openid) => {
      const own = [...permissions.values()].filter((one) => one.openid === openid);
      return own.find(isAvailable) ?? own.toSorted(byGrant).at(-1);
    },
    findByToken: (token) => [...permissions.values()].find((one) => one.token === token),
    all: () => [...permissions.values()],
    put: (permission) => {
      permissions.delete(permission.authorizationCode);
      permissions.set(permission.authorizationCode, permission);
    },
  };
}

export function isAvailable({ state }: ServicePermission): boolean {
  return state === 'AVAILABLE';
}

function byGrant(one: ServicePermission, other: ServicePermission): number {
  return (one.grantedAtMs ?? 0) - (other.grantedAtMs ?? 0);
}
