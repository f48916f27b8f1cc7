const BEIJING_OFFSET_MS = 8 * 60 * 60 * 1000;

/** The business clock: real time plus what a test has advanced it by. Milliseconds. */
export interface BusinessClock {
  now(): number;
  /** Advances the clock permanently; states and times of orders follow, signatures do not. */
  advance(seconds: number): void;
}

export function createBusinessClock(realNow: () => number): BusinessClock {
  let advancedMs = 0;
  return {
    now: () => realNow() + advancedMs,
    advance: (seconds) => {
      advancedMs += seconds * 1000;
    },
  };
}

/** `yyyyMMddHHmmss` in +08:00, the form of every time of an order. */
export function beijingDigits(ms: number): string {
  return new Date(ms + BEIJING_OFFSET_MS).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
}

/** The time of 14 digits in +08:00, or midnight of 8; undefined if it does not exist. */
export function beijingMs(digits: string): number | undefined {
  const [, date = '', clock = '000000'] = /^(\d{8})(\d{6})?$/.exec(digits) ?? [];
  const text = `${date}${clock}`;
  const iso = text.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6+08:00');
  const ms = Date.parse(iso);
  // Date.parse does not reject an impossible day, such as 31 June, but rolls it over.
  return !Number.isNaN(ms) && beijingDigits(ms) === text ? ms : undefined;
}

/** RFC 3339 with +08:00 and whole seconds, the form of the times of a certificate. */
export function beijingRfc3339(ms: number): string {
  return `${new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}
