import { toWireMoment } from '../../wechat/index.ts';

const MINUTE_MS = 60_000;

/**
 * Whether the expected end of a service is late enough. To the second: more than a minute after the
 * call. A plain date: not before the day of the call.
 * @param end in wire form
 * @param now Unix ms
 */
export function endsLater(end: string, now: number): boolean {
  return end.length === 14
    ? end > (toWireMoment(now + MINUTE_MS) ?? '')
    : end >= (toWireMoment(now) ?? '').slice(0, 8);
}

/** Compared to the second if both have one, else by day. Wire forms compare as text. */
export function endsAfter(start: string, end: string): boolean {
  return start.length === 14 && end.length === 14
    ? end > start
    : end.slice(0, 8) >= start.slice(0, 8);
}

/**
 * Whether a time has come; a plain date has on its day.
 * @param time in wire form
 * @param now Unix ms
 */
export function hasCome(time: string, now: number): boolean {
  return time <= (toWireMoment(now) ?? '').slice(0, time.length);
}
