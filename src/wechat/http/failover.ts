import type { Transport } from './transport.ts';

/** Which of the two hosts calls go to. While it is the backup, one attempt now and then tries the primary. */
export type Route =
  | { readonly on: 'primary'; readonly failures: number }
  | { readonly on: 'backup'; readonly nextTryMs: number };

export type Host = 'primary' | 'backup';

export const PRIMARY: Route = { on: 'primary', failures: 0 };
/** With the second the third attempt of the same call still finds the backup. */
const FAILURES_IN_A_ROW = 2;
const TRY_EVERY_MS = 10_000;

/** The host of the next attempt, and the route after it: so that no two try the primary at once. Pure. */
export function selectHost(
  route: Route,
  nowMs: number,
): { readonly host: Host; readonly route: Route } {
  if (route.on === 'primary') {
    return { host: 'primary', route };
  }
  return nowMs < route.nextTryMs
    ? { host: 'backup', route }
    : { host: 'primary', route: { on: 'backup', nextTryMs: nowMs + TRY_EVERY_MS } };
}

/** What follows from whether a host could be connected to. Only the primary's matters. Pure. */
export function recordResult(route: Route, host: Host, reached: boolean, nowMs: number): Route {
  if (host === 'backup') {
    return route;
  }
  if (reached) {
    return PRIMARY;
  }
  if (route.on === 'backup') {
    return route;
  }
  const failures = route.failures + 1;
  return failures < FAILURES_IN_A_ROW
    ? { on: 'primary', failures }
    : { on: 'backup', nextTryMs: nowMs + TRY_EVERY_MS };
}

/**
 * Both hosts as one. A signature names no host, so that it is valid on either. What reached a host
 * is never sent to the other by itself: only that no byte went out leads over.
 * @param now ms of a clock that never goes back
 */
export function withFailover(
  primary: Transport,
  backup: Transport | undefined,
  now: () => number,
): Transport {
  if (backup === undefined) {
    return primary;
  }
  let route: Route = PRIMARY;
  return {
    send: async (request) => {
      const choice = selectHost(route, now());
      route = choice.route;
      const { host } = choice;
      const delivery = await (host === 'primary' ? primary : backup).send(request);
      const reached = delivery.type !== 'not-sent';
      route = recordResult(route, host, reached, now());
      return reached || host === 'backup' ? delivery : { ...delivery, spare: true };
    },
    close: async () => {
      await Promise.all([primary.close(), backup.close()]);
    },
  };
}
