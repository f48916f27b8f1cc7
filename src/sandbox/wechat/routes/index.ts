import { matchPath, type PathValues } from '../../http/request.ts';
import { messageRoutes } from '../../service-orders/messages.ts';
import { permissionRoutes } from '../../service-orders/permissions/routes.ts';
import { serviceOrderRoutes } from '../../service-orders/routes.ts';
import { create } from './create.ts';
import { cancel, complete, sync } from './operations.ts';
import { certificates, query, userServiceState } from './queries.ts';
import type { Route } from './route.ts';
import { securityEcho } from './security-echo.ts';

/** Every WeChat Pay endpoint of the sandbox. */
const ROUTES: readonly Route[] = [
  create,
  query,
  complete,
  cancel,
  sync,
  userServiceState,
  certificates,
  securityEcho,
  ...serviceOrderRoutes,
  ...messageRoutes,
  ...permissionRoutes,
];

/** The route of a call, or the allowed methods of its path (none: unknown path). */
export type RouteMatch =
  | { readonly route: Route; readonly pathValues: PathValues }
  | { readonly route?: never; readonly allowed: readonly string[] };

export function findRoute(method: string, path: string): RouteMatch {
  const matches = ROUTES.flatMap((route) => {
    const pathValues = matchPath(route.path, path);
    return pathValues ? [{ route, pathValues }] : [];
  });
  const match = matches.find(({ route }) => route.method === method);
  return match ?? { allowed: matches.map(({ route }) => route.method) };
}
