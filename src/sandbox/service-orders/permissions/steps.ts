import { announceUser } from '../../notifications/events.ts';
import type { SandboxState } from '../../sandbox.ts';
import { isAvailable, type ServicePermission } from './permission.ts';

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

/** The merchant or the user ends a permission; another one of the user stays. */
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
  const isOver =
    openid !== undefined &&
    (availableOf(openid, sandbox).length > 0 || sandbox.users.set(openid, 'UNAVAILABLE'));
  if (isOver) {
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
  const permissions = availableOf(openid, sandbox);
  if (state === 'UNAVAILABLE' && permissions.length > 0) {
    for (const permission of permissions) {
      endPermission(permission, sandbox);
    }
  } else if (sandbox.users.set(openid, state)) {
    announceUser(openid, state, sandbox);
  }
}

function availableOf(openid: string, { permissions }: SandboxState): readonly ServicePermission[] {
  return permissions.all().filter((one) => one.openid === openid && isAvailable(one));
}
