import { beijingDigits, beijingMs } from '../clock.ts';

/** When the service starts or ends: `yyyyMMddHHmmss`, `yyyyMMdd`, or for the start `OnAccept`. */
type ServiceTime = string | undefined;

const MINUTE_MS = 60_000;

/** Whether 8 or 14 digits are an existing time. */
export function isRealTime(digits: string): boolean {
  return beijingMs(digits) !== undefined;
}

/** Second precision: the end is after the start. Day precision on either side: not before its day. */
export function endsBeforeStart(start: ServiceTime, end: ServiceTime): boolean {
  if (start === undefined || end === undefined || start === 'OnAccept') {
    return false;
  }
  return start.length === 14 && end.length === 14
    ? end <= start
    : end.slice(0, 8) < start.slice(0, 8);
}

/** Second precision: the end is more than a minute after the call. Day precision: not before its day. */
export function endsTooSoon(end: ServiceTime, callMs: number): boolean {
  if (end === undefined) {
    return false;
  }
  return end.length === 14
    ? end <= beijingDigits(callMs + MINUTE_MS)
    : end < beijingDigits(callMs).slice(0, 8);
}
