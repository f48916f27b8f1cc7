import type { Caller } from './caller.ts';

/** The longest timer of Node. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export function isExpired({ expiresAt, revoked }: Caller): boolean {
  return revoked?.aborted === true || (expiresAt !== null && Date.now() >= expiresAt);
}

/**
 * Calls back once when the caller's credential expires, never before this returns.
 * @returns how to stop waiting
 */
export function onExpiry(caller: Caller, callback: () => void): () => void {
  const { expiresAt, revoked } = caller;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    revoked?.removeEventListener('abort', check);
  };
  const wait = () => {
    clearTimeout(timer);
    const ms = isExpired(caller) ? 0 : (expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
    if (ms < Number.POSITIVE_INFINITY) {
      timer = setTimeout(check, Math.min(ms, LONGEST_WAIT_MS));
      timer.unref();
    }
  };
  const check = () => {
    if (isExpired(caller)) {
      stop();
      callback();
    } else {
      wait();
    }
  };
  revoked?.addEventListener('abort', check);
  wait();
  return stop;
}
