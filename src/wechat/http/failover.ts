import type { Transport } from './transport.ts';

/**
 * Which of the two hosts receives the calls. While it is the backup, an attempt tries the primary
 * from time to time.
 */
export type Route =
  | { readonly on: 'primary'; readonly failures: number }
  | { readonly on: 'backup'; readonly nextTryMs: number };

export type Host = 'primary' | 'backup';

export const PRIMARY: Route = { on: 'primary', failures: 0 };
/** After two failures, the third attempt of the same call still reaches the backup. */
const FAILURES_IN_A_ROW = 2;
const TRY_EVERY_MS = 10_000;

/**
 * The host of the next attempt, and the route after it, so that no two attempts probe the primary
 * concurrently. Pure.
 */
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

/** The route after a connection succeeded or failed. Only the primary's result matters. Pure. */
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
 * Both hosts as one. A signature contains no host, so it is valid on either. A request that reached
 * a host is never sent to the other automatically: fails over only if no byte was sent.
 * @param now ms of a monotonic clock
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
