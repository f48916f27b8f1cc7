import { fromWireTime, ON_ACCEPT, toWireTime, wireMoment } from '../codec/service-time.ts';

/*
 * Whether what a query shows is what was sent. Missing values are not compared, because they prove
 * nothing.
 */

type Optional<T> = T | null | undefined;

/** WeChat Pay omits empty texts and trims what it stores. */
export function sameValue<T>(sent: Optional<T>, seen: T | null): boolean {
  const shown = trimmed(seen);
  return shown === null || shown === '' || trimmed(sent) === shown;
}

function trimmed<T>(value: T): T | string {
  return typeof value === 'string' ? value.trim() : value;
}

/** Names are unique in a list, so the order of its items does not matter. */
export function sameList<Sent, Seen>(
  sent: Optional<readonly Sent[]>,
  seen: readonly Seen[] | null,
  same: (sent: Sent, seen: Seen) => boolean,
): boolean {
  if (seen === null) {
    return true;
  }
  const items = sent ?? [];
  return items.length === seen.length && seen.every((item) => items.some((own) => same(own, item)));
}

/** `OnAccept` becomes the time of acceptance, so either side may show it. */
export function sameStart(sent: string, seen: string | null): boolean {
  return sent === ON_ACCEPT || sameTime(sent, seen);
}

/** A plain date means its first second. */
export function sameTime(sent: Optional<string>, seen: string | null): boolean {
  return seen === null || (typeof sent === 'string' && moment(sent) === moment(seen));
}

function moment(time: string): number | string | undefined {
  const wire = toWireTime(time);
  return wire === undefined ? fromWireTime(time) : (wireMoment(wire) ?? wire);
}
