import { announceUser } from '../../notifications/events.ts';
import type { SandboxState } from '../../sandbox.ts';
import type { ServicePermission } from './permission.ts';

/** The user permits orders without confirmation, on the page that the token opens. */
export function grant(
  permission: ServicePermission,
  openid: string,
  sandbox: SandboxState,
): ServicePermission {
  const { endedAtMs: _before, ...rest } = permission;
  const granted: ServicePermission = {
    ...rest,
    state: 'AVAILABLE',
    openid,
    grantedAtMs: sandbox.clock.now(),
  };
  sandbox.permissions.put(granted);
  sandbox.users.set(openid, 'AVAILABLE');
  announceUser(openid, 'AVAILABLE', sandbox, permission.authorizationCode);
  return granted;
}

/** Whether orders of the user are under way. */
export function hasOpenOrders({ openid }: ServicePermission, sandbox: SandboxState): boolean {
  const { clock, serviceOrders } = sandbox;
  return (
    openid !== undefined &&
    serviceOrders
      .all(clock.now())
      .some((order) => order.openid === openid && ['accepted', 'completed'].includes(order.phase))
  );
}

/** The merchant or the user ends a permission. */
export function endPermission(
  permission: ServicePermission,
  sandbox: SandboxState,
): ServicePermission {
  const { openid, authorizationCode } = permission;
  const ended: ServicePermission = {
    ...permission,
    state: 'UNAVAILABLE',
    endedAtMs: sandbox.clock.now(),
  };
  sandbox.permissions.put(ended);
  if (openid !== undefined && sandbox.users.set(openid, 'UNAVAILABLE')) {
    announceUser(openid, 'UNAVAILABLE', sandbox, authorizationCode);
  }
  return ended;
}

/** The user gives or withdraws the authorization of the service, also outside of a permission's page. */
export function setUser(
  openid: string,
  state: 'AVAILABLE' | 'UNAVAILABLE',
  sandbox: SandboxState,
): void {
  const permission = sandbox.permissions.findByOpenid(openid);
  if (state === 'UNAVAILABLE' && permission?.state === 'AVAILABLE') {
    endPermission(permission, sandbox);
  } else if (sandbox.users.set(openid, state)) {
    announceUser(openid, state, sandbox);
  }
}
