/**
 * WeChat Pay's times: `yyyyMMddHHmmss`, `yyyyMMdd` or `OnAccept` on the wire, in Beijing time. In
 * the API: `2019-07-05T17:35:49+08:00`, `2019-07-06` or `OnAccept`. The two forms are exact
 * inverses. WeChat Pay's documentation does not state the time zone; every known client assumes
 * +08:00.
 */
const BEIJING_OFFSET_MS = 8 * 60 * 60 * 1000;
const WIRE = /^\d{4}(?:0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])(?:[0-5]\d){2})?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** The service begins at the moment the user confirms. */
export const ON_ACCEPT = 'OnAccept';

/**
 * Reads ISO 8601 with any offset (a fraction of a second is dropped), a plain date, `OnAccept`, or WeChat's own
 * digits, and gives the wire form; `undefined` for anything else, days that don't exist included.
 */
export function toWireTime(text: string): string | undefined {
  if (text === ON_ACCEPT || isReal(text)) {
    return text;
  }
  const [, year, month, day, hour, minute, second = '00', zone] = ISO.exec(text) ?? [];
  if (year === undefined) {
    return undefined;
  }
  if (hour === undefined || zone === undefined) {
    const date = `${year}${month}${day}`;
    return isReal(date) ? date : undefined;
  }
  const local = utcMoment(`${year}${month}${day}${hour}${minute}${second}`);
  const offset = zoneOffsetMs(zone);
  if (local === undefined || offset === undefined) {
    return undefined;
  }
  return wireDigits(local - offset + BEIJING_OFFSET_MS);
}

/** The canonical form of a wire time; `undefined` for what is none of WeChat's formats. */
export function fromWireTime(text: string): string | undefined {
  if (text === ON_ACCEPT) {
    return text;
  }
  if (!isReal(text)) {
    return undefined;
  }
  const date = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
  return text.length === 8
    ? date
    : `${date}T${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12, 14)}+08:00`;
}

/** The moment (ms since 1970) of a wire time; a plain date is its first second. `undefined` for `OnAccept` and the unreadable. */
export function wireMoment(text: string): number | undefined {
  const moment = utcMoment(text);
  return moment === undefined ? undefined : moment - BEIJING_OFFSET_MS;
}

/** A moment (ms since 1970) as `yyyyMMddHHmmss` in Beijing. */
export function toWireMoment(moment: number): string | undefined {
  return wireDigits(moment + BEIJING_OFFSET_MS);
}

/** Every month has 28 days; only for the others is a Date needed, which costs 36 µs a response. */
function isReal(digits: string): boolean {
  const [, day] = WIRE.exec(digits) ?? [];
  return day !== undefined && (Number(day) <= 28 || utcMoment(digits) !== undefined);
}

/**
 * The digits read as if they were UTC; `undefined` where they name no real moment: a Date would count
 * 30 February as 2 March.
 */
function utcMoment(digits: string): number | undefined {
  if (!WIRE.test(digits)) {
    return undefined;
  }
  const all = digits.padEnd(14, '0');
  const moment = Date.parse(all.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(moment) || wireDigits(moment) !== all ? undefined : moment;
}

/** `undefined` outside the years that four digits can write. */
function wireDigits(utc: number): string | undefined {
  const iso = new Date(utc).toISOString();
  return iso.length === 24 ? iso.slice(0, 19).replace(/[-T:]/g, '') : undefined;
}

function zoneOffsetMs(zone: string): number | undefined {
  if (zone === 'Z') {
    return 0;
  }
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) {
    return undefined;
  }
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
